import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { at, numberAt, textAt } from '../mapping/look.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { outcomeBy } from '../outcome-table.ts'

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm */
const table: readonly OutcomeRow[] = [
  // The external id stands for several records: somebody must merge them.
  { status: 300, is: 'refused' },
  { status: [400, 599], code: ['REQUEST_LIMIT_EXCEEDED'], is: 'rate_limited' },
  {
    status: [400, 599],
    code: [
      'UNABLE_TO_LOCK_ROW',
      'REQUEST_RUNNING_TOO_LONG',
      'QUERY_TIMEOUT',
      'SERVER_UNAVAILABLE',
      'API_CURRENTLY_DISABLED',
    ],
    is: 'retry',
  },
  { status: [400, 499], code: ['INVALID_SESSION_ID'], is: 'credentials' },
]

/** Errors come as a list: `[{"errorCode":"…","message":"…","fields":[…]}]`. */
const codesIn = (body: Json | undefined): string[] =>
  Array.isArray(body) ? body.flatMap((error) => textAt(error, ['errorCode']) ?? []) : []

export const errorCodes = ({ body }: ReceivedResponse): string[] => codesIn(parseJson(body))

export const outcomeOf = (response: ReceivedResponse, nowMs: number): Outcome =>
  outcomeBy(table, response, nowMs, errorCodes(response))

interface Item {
  ref: string
  status: number
  codes: string[]
}

/** What each item came to; `null`: that cannot be read. */
export function itemsIn({ body }: ReceivedResponse): Item[] | null {
  const json = parseJson(body)
  const items = isJsonObject(json) ? json['compositeResponse'] : undefined
  if (!Array.isArray(items) || items.length === 0) return null
  return items.map((item) => ({
    ref: textAt(item, ['referenceId']) ?? '',
    status: numberAt(item, ['httpStatusCode']) ?? 0,
    codes: codesIn(at(item, ['body'])),
  }))
}

/** What failed by itself, and not because all is rolled back with another. */
const guilty = (items: readonly Item[]): Item | undefined => {
  const failed = items.filter(({ status }) => status < 200 || status > 299)
  return failed.find(({ codes }) => !codes.includes('PROCESSING_HALTED')) ?? failed[0]
}

/** A code is told only where it is one: an answer may hold anything. */
const told = (codes: readonly string[]): string =>
  codes.filter((code) => /^[A-Z][A-Z_]{2,59}$/.test(code)).join(', ')

/** A composite's 200 says only that it was read. All or none of its items are done. */
export function compositeOutcome(
  response: ReceivedResponse,
  nowMs: number,
): { outcome: Outcome; error?: string } {
  if (response.status !== 200) return { outcome: outcomeOf(response, nowMs) }
  const items = itemsIn(response)
  if (items === null) {
    const error = 'What became of the records could not be read.'
    return { outcome: { kind: 'failed', cause: 'status' }, error }
  }
  const failed = guilty(items)
  if (failed === undefined) return { outcome: { kind: 'delivered' } }
  const { status, codes, ref } = failed
  const outcome = outcomeBy(table, { status, headers: response.headers }, nowMs, codes)
  const name = /^\w{1,40}$/.test(ref) ? ref : 'one'
  return { outcome, error: `Of the records, ${name} failed with ${status} ${told(codes)}.` }
}
