import type { Refusal } from '../../model/refusal.ts'

export const timestampUnits = ['s', 'ms', 'iso'] as const

export type TimestampUnit = (typeof timestampUnits)[number]

// Without zeros in front: where a body ends right before the time, it could lend it one.
const digits = { s: /^(?:0|[1-9]\d{0,11})$/, ms: /^(?:0|[1-9]\d{0,14})$/ }
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/** The time in ms; `null` for a text that is not exactly one of its unit: no sign, space, exponent or tail. */
function parseTimestamp(text: string, unit: TimestampUnit): number | null {
  if (unit === 'iso') {
    const time = rfc3339.test(text) ? Date.parse(text) : Number.NaN
    return Number.isNaN(time) ? null : time
  }
  if (!digits[unit].test(text)) return null
  return unit === 's' ? Number(text) * 1000 : Number(text)
}

/**
 * Why a signed time is not near enough to ours, both ways; `null`: it is. Where the sender counts whole seconds
 * so do we, so that exactly the tolerance passes.
 */
export function timestampProblem(
  text: string,
  header: string,
  rule: { unit: TimestampUnit; toleranceS: number },
  nowMs: number,
): Refusal | null {
  const time = parseTimestamp(text, rule.unit)
  if (time === null) return { reason: 'timestamp_malformed', header }
  const isWhole = rule.unit === 's' || (rule.unit === 'iso' && !text.includes('.'))
  const now = isWhole ? Math.floor(nowMs / 1000) * 1000 : nowMs
  const skewMs = now - time
  if (Math.abs(skewMs) <= rule.toleranceS * 1000) return null
  return { reason: 'timestamp_outside_tolerance', skew_s: Math.round(skewMs / 1000) }
}
