import { isJsonObject, parseJson } from '../../model/json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, ReceivedResponse, Stopped, Talk, Target } from '../destination.ts'
import { jsonRequest } from '../json-request.ts'
import { textAt } from '../mapping/look.ts'
import { markerOf } from '../people-fields.ts'
import { salesforceToken } from './auth.ts'
import type { SalesforceConfig } from './config.ts'
import { outcomeOf } from './outcome.ts'
import type { Sobject } from './sobject.ts'

export interface Ended {
  outcome: Outcome
  error?: string
}

/** One call of the API, below `/services/data/vNN.0`, with the shared token; without a body a GET. */
export function callOf(target: Target<SalesforceConfig>, talk: Talk) {
  const { base_url, login_url, api_version } = target.config
  return (
    method: string,
    path: string,
    body: JsonObject | null,
    readBytes = 262_144,
  ): Promise<Result<ReceivedResponse, Stopped>> =>
    talk.call(async (staleToken) => {
      const found = await salesforceToken(target, talk, staleToken)
      if (!found.ok) return found
      const { value: token, baseUrl } = found.value
      const url = `${base_url ?? baseUrl ?? login_url}/services/data/${api_version}${path}`
      const headers = { authorization: `Bearer ${token}` }
      return ok({ ...jsonRequest(url, headers, body, { token, readBytes }), method })
    })
}

/** https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm */
const escapes: Record<string, string> = { '\n': String.raw`\n`, '\r': String.raw`\r` }
const quoted = (text: string): string =>
  `'${text.replaceAll(/[\\'\n\r]/g, (found) => escapes[found] ?? `\\${found}`)}'`

const nameFields: Record<string, string> = { Task: 'Subject', Opportunity: 'Name' }

/** Clocks differ, and a record is not older than its event's arrival. */
const marginMs = 300_000

/** Thirty descriptions of 32,000 characters, most of them of a byte or two. */
const manyBytes = 4_194_304

/** Whether an earlier attempt made the record: of those of its name, one ends with the delivery's marker. */
export async function lookFor(
  { type, fields }: Sobject,
  message: Message,
  target: Target<SalesforceConfig>,
  talk: Talk,
): Promise<Result<boolean, Ended>> {
  const field = nameFields[type]
  const name = field === undefined ? undefined : fields[field]
  if (typeof name !== 'string') return ok(false)
  const since = new Date(message.event.received_at - marginMs).toISOString()
  const where = `${field} = ${quoted(name)} AND CreatedDate >= ${since}`
  const q = `SELECT Description FROM ${type} WHERE ${where} ORDER BY CreatedDate DESC LIMIT 30`
  const query = `/query?q=${encodeURIComponent(q.toWellFormed())}`
  const answer = await callOf(target, talk)('GET', query, null, manyBytes)
  if (!answer.ok) return answer
  if (answer.value.status !== 200) return err({ outcome: outcomeOf(answer.value, talk.now()) })
  const json = parseJson(answer.value.body)
  const records = isJsonObject(json) ? json['records'] : undefined
  if (!Array.isArray(records)) {
    const error = 'Salesforce did not tell whether the record has been made already.'
    return err({ outcome: { kind: 'failed', cause: 'status' }, error })
  }
  const marker = markerOf(message)
  return ok(records.some((record) => textAt(record, ['Description'])?.includes(marker) === true))
}
