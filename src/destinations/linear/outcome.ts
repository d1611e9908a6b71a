import { parseJson } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { graphqlAnswer } from '../graphql.ts'
import { at } from '../mapping/look.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { retryAfterMs } from '../retry-after.ts'

/** By `extensions.type` and `.code`, in the SDK's spelling of the former; any status but a 5xx may carry them. */
const table: readonly OutcomeRow[] = [
  { status: [500, 599], is: 'retry' },
  { status: 410, is: 'refused' },
  { code: ['ratelimited'], is: 'rate_limited' },
  { code: ['authentication error'], is: 'credentials' },
  {
    code: [
      'internal error',
      'internal server error',
      'lock timeout',
      'network error',
      'unreadable',
    ],
    is: 'retry',
  },
  { status: [200, 299], code: ['error'], is: 'refused' },
]

const spelt = (code: string): string => code.toLowerCase().replaceAll('_', ' ')

/** Its page says milliseconds, as it once said seconds. */
const inMs = (epoch: number): number => (epoch > 1e11 ? epoch : epoch * 1000)

/** https://linear.app/developers/rate-limiting: when the last of the used-up budgets is there again. */
function waitOf({ headers }: ReceivedResponse, nowMs: number): number | null {
  const asked = retryAfterMs(headers.get('retry-after'), nowMs)
  if (asked !== null) return asked
  const budgets = ['requests', 'complexity', 'endpoint-requests'].flatMap((name) => {
    const reset = Number(headers.get(`x-ratelimit-${name}-reset`) ?? '')
    const left = headers.get(`x-ratelimit-${name}-remaining`)
    return reset > 0 ? [{ wait: Math.max(inMs(reset) - nowMs, 0), used: left === '0' }] : []
  })
  const used = budgets.filter((budget) => budget.used)
  const waits = (used.length > 0 ? used : budgets).map(({ wait }) => wait)
  return waits.length === 0 ? null : Math.max(...waits)
}

/** GraphQL answers 200 for what failed, and Linear 400 for what may be tried again. */
export function linearOutcome(response: ReceivedResponse, nowMs: number): Outcome {
  const answer = graphqlAnswer(response.body)
  const success = at(parseJson(response.body), ['data', 'issueCreate', 'success']) === true
  const codes = (answer?.errors ?? []).flatMap((error) => error.codes.map(spelt))
  const isOk = response.status >= 200 && response.status < 300
  if (answer === null && isOk) codes.push('unreadable')
  else if (!success) codes.push('error')
  return outcomeBy(table, response, nowMs, codes, waitOf(response, nowMs))
}
