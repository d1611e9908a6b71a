import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { textAt } from '../mapping/look.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { outcomeBy } from '../outcome-table.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { HubspotConfig } from './config.ts'

/** https://developers.hubspot.com/docs/api-reference/error-handling; the action stands among the codes. */
const table: readonly OutcomeRow[] = [
  { status: 207, code: ['unreadable', 'INTERNAL_ERROR', 'CONFLICT'], is: 'retry' },
  { status: 207, code: ['RATE_LIMITS', 'RATE_LIMIT'], is: 'rate_limited' },
  { status: 207, code: ['item failed'], is: 'refused' },
  // Another event has just made the same contact: the next upsert finds it.
  { status: 409, code: ['contact'], is: 'retry' },
  // The event's id is ours alone.
  { status: 409, code: ['timeline_event'], is: 'delivered' },
  { status: 423, is: 'retry' },
  { status: 477, is: 'retry' },
]

function codesIn(status: number, json: Json | undefined): string[] {
  if (!isJsonObject(json)) return ['unreadable']
  const { category, errors } = json
  const own = typeof category === 'string' ? [category] : []
  if (status !== 207 || !Array.isArray(errors) || errors.length === 0) return own
  const items = errors.flatMap((error) => textAt(error, ['category']) ?? [])
  return [...own, ...items, 'item failed']
}

const secondMs = 1000
const hourMs = 3_600_000

/** Which limit it was, told by name: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines */
function limitWaitMs(headers: Headers, json: Json | undefined, nowMs: number): number {
  const policy = textAt(json, ['policyName']) ?? ''
  // Until midnight of the account, whose time zone nobody here knows: it is a full hour.
  if (policy === 'DAILY') return hourMs - (nowMs % hourMs)
  const interval = Number(headers.get('x-hubspot-ratelimit-interval-milliseconds'))
  if (interval > 0) return interval
  return policy.startsWith('SECONDLY') ? secondMs : 10 * secondMs
}

function waitMs({ status, headers }: ReceivedResponse, json: Json | undefined, nowMs: number) {
  const asked = retryAfterMs(headers.get('retry-after'), nowMs)
  if (asked !== null) return asked
  if (status === 429) return limitWaitMs(headers, json, nowMs)
  // "Locks will last for 2 seconds."
  return status === 423 ? 2 * secondMs : null
}

export function hubspotOutcome(
  response: ReceivedResponse,
  action: HubspotConfig['action'],
  nowMs: number,
): Outcome {
  const json = parseJson(response.body)
  const codes = [action, ...codesIn(response.status, json)]
  return outcomeBy(table, response, nowMs, codes, waitMs(response, json, nowMs))
}
