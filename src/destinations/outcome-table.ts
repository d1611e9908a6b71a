import type { Outcome, RefusalCause } from '../model/outcome.ts'
import type { ReceivedResponse } from './destination.ts'
import { retryAfterMs } from './retry-after.ts'

/** What a line of a receiver's table comes to. `gone` disables the destination, until somebody acts. */
export type Verdict = 'delivered' | 'retry' | 'rate_limited' | 'refused' | 'gone' | 'credentials'

/** The first line whose conditions all hold decides. */
export interface OutcomeRow {
  /** One status, or the first and the last of a range. */
  status?: number | readonly [number, number]
  /** The receiver's own words for what happened, as the type reads them out of the answer. */
  code?: readonly string[]
  is: Verdict
}

/** What is left to HTTP where a receiver's table says nothing. */
const common: readonly OutcomeRow[] = [
  // Of a proxy, a login or a maintenance: none of these receivers says so that it has taken something.
  { status: 200, code: ['a web page'], is: 'retry' },
  { status: [200, 299], is: 'delivered' },
  { status: [300, 399], is: 'retry' },
  { status: 401, is: 'credentials' },
  { status: 408, is: 'retry' },
  { status: 410, is: 'gone' },
  { status: 425, is: 'retry' },
  { status: 429, is: 'rate_limited' },
  { status: [400, 499], is: 'refused' },
]

const fits = (row: OutcomeRow, status: number, codes: readonly string[]): boolean => {
  const { status: wanted, code } = row
  const [from, to] = typeof wanted === 'number' ? [wanted, wanted] : (wanted ?? [0, 999])
  return from <= status && status <= to && (code?.some((one) => codes.includes(one)) ?? true)
}

const refusalOf: Record<
  'refused' | 'gone' | 'credentials',
  { cause: RefusalCause; disable?: true }
> = {
  refused: { cause: 'status' },
  gone: { cause: 'gone', disable: true },
  credentials: { cause: 'credentials' },
}

const maxWaitMs = 86_400_000

/**
 * What an answer means by the receiver's own table, then by HTTP. `codes`: what the type read out of the body. `waitMs`: when the
 * receiver wants to be asked again, where it says so elsewhere than in `Retry-After`; at most 24 h.
 */
export function outcomeBy(
  table: readonly OutcomeRow[],
  { status, headers }: Pick<ReceivedResponse, 'status' | 'headers'>,
  nowMs: number,
  codes: readonly string[] = [],
  waitMs: number | null = null,
): Outcome {
  const isPage = /^text\/html\b/i.test(headers.get('content-type') ?? '')
  const all = isPage ? [...codes, 'a web page'] : codes
  const row = [...table, ...common].find((one) => fits(one, status, all))
  const verdict = row?.is ?? 'retry'
  if (verdict === 'delivered') return { kind: 'delivered' }
  if (verdict !== 'retry' && verdict !== 'rate_limited') {
    return { kind: 'refused', ...refusalOf[verdict] }
  }
  const asked = waitMs ?? retryAfterMs(headers.get('retry-after'), nowMs)
  return {
    kind: 'failed',
    cause: verdict === 'rate_limited' ? 'rate_limited' : 'status',
    ...(asked === null
      ? {}
      : { retry_after_ms: Math.min(Math.max(Math.ceil(asked), 0), maxWaitMs) }),
  }
}
