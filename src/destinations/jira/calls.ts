import type { Json } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import { toBase64 } from '../../signing/encodings.ts'
import type { ReceivedResponse, Stopped, Talk, Target } from '../destination.ts'
import { jsonRequest } from '../json-request.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { JiraConfig } from './config.ts'

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#status-codes */
const table: readonly OutcomeRow[] = [
  { status: 409, is: 'retry' },
  { status: 410, is: 'refused' },
  { status: 412, is: 'retry' },
]

/** https://developer.atlassian.com/cloud/jira/platform/rate-limiting/: either header may be missing. */
function waitOf({ headers }: ReceivedResponse, nowMs: number): number | null {
  const asked = retryAfterMs(headers.get('retry-after'), nowMs)
  if (asked !== null) return asked
  const reset = Date.parse(headers.get('x-ratelimit-reset') ?? '')
  return Number.isNaN(reset) ? null : Math.max(reset - nowMs, 0)
}

export const jiraOutcome = (response: ReceivedResponse, nowMs: number): Outcome =>
  outcomeBy(table, response, nowMs, [], waitOf(response, nowMs))

/** One call of Jira's REST API; without a body it is a GET. */
export function jiraCall(
  talk: Talk,
  { config }: Target<JiraConfig>,
  path: string,
  body: Json | null = null,
  readBytes?: number,
): Promise<Result<ReceivedResponse, Stopped>> {
  const { base_url, email, api_token } = config
  const authorization = `Basic ${toBase64(utf8(`${email}:${api_token}`))}`
  const more = readBytes === undefined ? {} : { readBytes }
  return talk.call(() =>
    Promise.resolve(
      ok(jsonRequest(`${base_url}/rest/api/3${path}`, { authorization }, body, more)),
    ),
  )
}

export type Conclusion = { outcome: Outcome; error?: string }

export const delivered: Conclusion = { outcome: { kind: 'delivered' } }

/** What to make of an answer that is not the one that was looked for. */
export function notRead(response: ReceivedResponse, nowMs: number, what: string): Conclusion {
  const outcome = jiraOutcome(response, nowMs)
  const read: Outcome = { kind: 'failed', cause: 'status' }
  return {
    outcome: outcome.kind === 'delivered' ? read : outcome,
    error: `Jira did not tell ${what}.`,
  }
}
