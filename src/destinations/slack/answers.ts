import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'

/**
 * A hook answers with a status and a word as its body (`ok`, `no_service`), the Web API nearly always with 200 and
 * `{"ok": false, "error": "…"}`. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors,
 * https://docs.slack.dev/reference/methods/chat.postMessage#errors
 */
const table: readonly OutcomeRow[] = [
  { status: 200, code: ['ok'], is: 'delivered' },
  { code: ['channel_is_archived', 'is_archived'], is: 'gone' },
  {
    code: [
      'invalid_auth',
      'not_authed',
      'token_revoked',
      'token_expired',
      'account_inactive',
      'missing_scope',
      'no_permission',
      'not_allowed_token_type',
    ],
    is: 'credentials',
  },
  { code: ['ratelimited', 'rate_limited', 'message_limit_exceeded'], is: 'rate_limited' },
  {
    code: [
      'internal_error',
      'fatal_error',
      'service_unavailable',
      'request_timeout',
      'team_added_to_org',
      'org_login_required',
      'rollup_error',
    ],
    is: 'retry',
  },
  // Not Slack, or not to its end: nobody has said that the message was taken.
  { status: 200, code: ['unclear'], is: 'retry' },
  { status: 200, is: 'refused' },
]

const decoder = new TextDecoder()

/** The answer in one word. */
function codeOf(body: Uint8Array): string {
  const json = parseJson(body)
  if (isJsonObject(json)) {
    if (json['ok'] === true) return 'ok'
    return json['ok'] === false && typeof json['error'] === 'string' ? json['error'] : 'unclear'
  }
  return /^\s*([a-z_]+)\b/.exec(decoder.decode(body.subarray(0, 200)))?.[1] ?? 'unclear'
}

export const slackOutcome = (response: ReceivedResponse, nowMs: number): Outcome =>
  outcomeBy(table, response, nowMs, [codeOf(response.body)])
