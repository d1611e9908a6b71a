import type { RateLimit } from '../model/destination.ts'

const perMs = { second: 1000, minute: 60_000, hour: 3_600_000 } as const satisfies Record<
  RateLimit['per'],
  number
>

/** How many may go at once before the even spacing begins: a tenth of the limit, at least one. */
export const burstOf = ({ limit }: RateLimit): number => Math.max(1, Math.floor(limit / 10))

export const spacingMs = ({ limit, per }: RateLimit): number => perMs[per] / limit

/**
 * The generic cell rate algorithm: one number, the theoretical arrival time `tat`, is the whole bucket. Answers when the
 * next one may go and the bucket after it has gone. Any window sees at most its share of the limit and one burst.
 */
export function reserve(
  spacing: number,
  burst: number,
  tat: number,
  now: number,
): { at: number; tat: number } {
  return { at: Math.max(now, tat - (burst - 1) * spacing), tat: Math.max(tat, now) + spacing }
}
