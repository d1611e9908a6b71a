import type { DestinationPolicy, Retry } from '../model/destination.ts'
import type { Outcome, RefusalCause, FailureCause } from '../model/outcome.ts'

export type Decision =
  | { do: 'settle' }
  | { do: 'bury'; cause: RefusalCause | FailureCause }
  | { do: 'retry'; at: number }

/** The longest that a receiver's `Retry-After` is honored: 24 h. */
const longestAskedMs = 86_400_000

/** The wait after failure number `attempt`, without jitter; `null` where there is no further attempt. */
export function delayMs(retry: Retry, attempt: number): number | null {
  if ('schedule_s' in retry) {
    const seconds = retry.schedule_s[attempt - 1]
    return seconds === undefined ? null : seconds * 1000
  }
  if (attempt >= retry.attempts) return null
  return Math.min(retry.max_s, retry.base_s * retry.factor ** (attempt - 1)) * 1000
}

const comparisons = {
  '<': (status: number, bound: number) => status < bound,
  '<=': (status: number, bound: number) => status <= bound,
  '>': (status: number, bound: number) => status > bound,
  '>=': (status: number, bound: number) => status >= bound,
} as const

function fits(expression: string, status: number): boolean {
  const compared = /^([<>]=?)(\d{3})$/.exec(expression)
  if (compared !== null) {
    const [, sign, bound] = compared
    return sign !== undefined && sign in comparisons
      ? comparisons[sign as keyof typeof comparisons](status, Number(bound)) // `in` has just said so.
      : false
  }
  const [from, to] = expression.split('-')
  return status >= Number(from) && status <= Number(to ?? from)
}

/** Whether `status` is to be retried: the last expression that fits decides, `!` says no. */
export function retriesStatus(expressions: readonly string[], status: number): boolean {
  // A list that only excludes begins with everything; an empty one takes nothing.
  const excludes = expressions.every((expression) => expression.startsWith('!'))
  let verdict = expressions.length > 0 && excludes
  for (const expression of expressions) {
    const negated = expression.startsWith('!')
    if (fits(negated ? expression.slice(1) : expression, status)) verdict = !negated
  }
  return verdict
}

/**
 * What happens after attempt number `attempt`. Pure: the clock and the dice (−1 … 1) are arguments. A receiver's
 * `Retry-After` is a lower bound; it never makes a wait shorter.
 */
export function decide(
  outcome: Outcome,
  status: number | null,
  attempt: number,
  policy: Pick<DestinationPolicy, 'retry' | 'retry_on'>,
  now: number,
  dice: number,
): Decision {
  if (outcome.kind === 'delivered') return { do: 'settle' }
  if (outcome.kind === 'refused') return { do: 'bury', cause: outcome.cause }
  const { retry, retry_on } = policy
  if (status !== null && retry_on !== null && !retriesStatus(retry_on, status)) {
    return { do: 'bury', cause: 'status' }
  }
  const delay = delayMs(retry, attempt)
  if (delay === null) return { do: 'bury', cause: 'exhausted' }
  const asked = Math.min(outcome.retry_after_ms ?? 0, longestAskedMs)
  return { do: 'retry', at: now + Math.max(delay * (1 + retry.jitter * dice), asked) }
}
