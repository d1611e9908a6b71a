import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { graphqlAnswer } from '../graphql.ts'
import { at, firstTextAt, numberAt } from '../mapping/look.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'

/** https://shopify.dev/docs/api/usage/response-codes */
const table: readonly OutcomeRow[] = [
  { code: ['THROTTLED'], is: 'rate_limited' },
  { code: ['INTERNAL_SERVER_ERROR', 'INTERNAL_ERROR'], is: 'retry' },
  { code: ['SHOP_INACTIVE'], is: 'gone' },
  { status: [200, 299], code: ['ACCESS_DENIED', 'error', 'userError'], is: 'refused' },
  { status: [200, 299], code: ['no answer'], is: 'retry' },
  // Locked for a while, for too many requests.
  { status: 423, is: 'retry' },
]

/** When as many points as the call needs will have been restored. */
function throttledMs(response: ReceivedResponse): number | null {
  const cost = at(parseJson(response.body), ['extensions', 'cost'])
  const requested = numberAt(cost, ['requestedQueryCost'])
  const available = numberAt(cost, ['throttleStatus', 'currentlyAvailable'])
  const rate = numberAt(cost, ['throttleStatus', 'restoreRate'])
  if (requested === undefined || available === undefined || rate === undefined || rate <= 0) {
    return null
  }
  return Math.max(((requested - available) / rate) * 1000, 0)
}

/** A 200 is a success only where it has neither `errors` nor `userErrors`. */
export function outcomeOf(response: ReceivedResponse, nowMs: number): Outcome {
  const answer = graphqlAnswer(response.body)
  if (answer === null) return outcomeBy(table, response, nowMs, ['no answer'])
  const results = isJsonObject(answer.data) ? Object.values(answer.data) : []
  const userErrors = results.flatMap((result) => {
    const found = at(result, ['userErrors'])
    return Array.isArray(found) ? found : []
  })
  const codes = [
    ...answer.errors.flatMap(({ codes: named }) => ['error', ...named]),
    ...userErrors.flatMap((error) => ['userError', firstTextAt(error, ['code']) ?? 'userError']),
    // Neither an error nor a result: the mutation cannot have run.
    ...(answer.errors.length === 0 && !results.some(isJsonObject) ? ['no answer'] : []),
  ]
  return outcomeBy(table, response, nowMs, codes, throttledMs(response))
}
