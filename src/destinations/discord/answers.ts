import { parseJson } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { numberAt } from '../mapping/look.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const table: readonly OutcomeRow[] = [
  // Unknown Webhook, Invalid Webhook Token: it was deleted, and each further request counts towards a ban of the sender.
  { status: 404, code: ['10015'], is: 'gone' },
  { status: 401, code: ['50027'], is: 'gone' },
  // API resource is currently overloaded.
  { code: ['130000'], is: 'retry' },
]

/** Seconds with a fraction, in the body and in a header. https://docs.discord.com/developers/topics/rate-limits */
function waitOf({ status, headers }: ReceivedResponse, retryAfterS: number | undefined) {
  if (status !== 429) return null
  const resetAfter = headers.get('x-ratelimit-reset-after')
  const seconds =
    retryAfterS ?? (headers.has('retry-after') || resetAfter === null ? NaN : Number(resetAfter))
  return Number.isFinite(seconds) ? seconds * 1000 : null
}

export function discordOutcome(response: ReceivedResponse, nowMs: number): Outcome {
  const body = parseJson(response.body)
  const code = numberAt(body, ['code'])
  const codes = code === undefined ? [] : [String(code)]
  return outcomeBy(table, response, nowMs, codes, waitOf(response, numberAt(body, ['retry_after'])))
}
