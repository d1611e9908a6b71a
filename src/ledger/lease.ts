/** After the attempt's own time-out: what settling it may take. */
const graceMs = 10_000

/** How long a pointer may be on its way through a queue before it counts as lost. */
export const transitMs = 15_000

/** The longest that a lease can be, so that a ledger which wakes knows when none of before is alive. */
export const longestLeaseMs = (timeoutMs: number, waitMs: number): number =>
  waitMs + timeoutMs + graceMs

/**
 * A lease's token says of itself which attempt it is for and until when it holds, so that a ledger which has been evicted
 * meanwhile can still hear its holder. The last part makes it unlike every other.
 */
export const leaseToken = (attempt: number, until: number, random: string): string =>
  `${attempt}.${until}.${random}`

export function readToken(token: string): { attempt: number; until: number } | null {
  const [attempt, until] = token.split('.')
  return attempt === undefined || until === undefined
    ? null
    : { attempt: Number(attempt), until: Number(until) }
}
