import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { mappedAt, mappingInvalid } from './fields.ts'

export const timeIs = 'RFC 3339, or seconds or milliseconds since 1970'

/** How far clocks may differ. */
const aheadMs = 300_000

/** In 1973 as milliseconds, in 5138 as seconds: a number from here on is milliseconds. */
const millisecondsFrom = 1e11

function msOf(value: Json): number {
  if (typeof value === 'string') return Date.parse(value)
  if (typeof value !== 'number') return Number.NaN
  return Math.round(value < millisecondsFrom ? value * 1000 : value)
}

/** When it happened, in ms: the event's own time, or the mapping's. Refused where the receiver would not take it so old, or from the future. */
export function timeField(
  message: Pick<Message, 'mapped' | 'event'>,
  field: string,
  nowMs: number,
  mostBackMs: number,
): Result<number, Stopped> {
  const atMs = msOf(mappedAt(message, field) ?? message.event.time)
  if (Number.isNaN(atMs)) return err(mappingInvalid(field, `must be a time: ${timeIs}`))
  if (atMs > nowMs + aheadMs) return err(mappingInvalid(field, 'lies in the future'))
  const days = mostBackMs / 86_400_000
  return atMs < nowMs - mostBackMs
    ? err(mappingInvalid(field, `lies further back than the ${days} days that the receiver takes`))
    : ok(atMs)
}
