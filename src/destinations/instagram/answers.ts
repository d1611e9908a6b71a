/** What Meta's Graph API answers, and what that means. */

import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { ReceivedResponse } from '../destination.ts'
import { at, firstTextAt, numberAt } from '../mapping/look.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'

const codes = (...numbers: number[]): string[] => numbers.map((number) => `code ${number}`)
const subcodes = (...numbers: number[]): string[] => numbers.map((number) => `subcode ${number}`)

/** Those of a download, an upload or a server that went wrong: the media itself is not to blame. */
const passing = [
  2_207_001, 2_207_003, 2_207_008, 2_207_020, 2_207_027, 2_207_032, 2_207_053,
] as const

/**
 * https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes and
 * https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
const table: readonly OutcomeRow[] = [
  // Taken for spam: what is tried again makes it worse.
  { code: subcodes(2_207_051), is: 'refused' },
  // As many posts as are allowed in 24 hours.
  { code: subcodes(2_207_042), is: 'rate_limited' },
  { code: subcodes(...passing), is: 'retry' },
  { code: codes(102, 190), is: 'credentials' },
  { code: codes(4, 9, 17, 32, 613, 80_002), is: 'rate_limited' },
  { code: ['transient', ...codes(1, 2)], is: 'retry' },
  { status: [200, 299], code: ['error'], is: 'refused' },
  { status: [200, 299], code: ['no answer'], is: 'retry' },
]

const hourMs = 3_600_000

/** https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers */
function regainMs(headers: Headers): number | null {
  const usage = parseJson(new TextEncoder().encode(headers.get('x-business-use-case-usage') ?? ''))
  if (!isJsonObject(usage)) return null
  const minutes = Object.values(usage)
    .flatMap((uses) => (Array.isArray(uses) ? uses : []))
    .map((use) => numberAt(use, ['estimated_time_to_regain_access']) ?? 0)
  const longest = Math.max(0, ...minutes)
  return longest > 0 ? longest * 60_000 : null
}

function codesOf(error: Json | undefined, answered: boolean): string[] {
  if (error === undefined) return answered ? [] : ['no answer']
  return [
    'error',
    `code ${firstTextAt(error, ['code']) ?? ''}`,
    `subcode ${firstTextAt(error, ['error_subcode']) ?? ''}`,
    ...(at(error, ['is_transient']) === true ? ['transient'] : []),
  ]
}

/** `wanted`: the member without which a 2xx is none of Meta's. */
export function graphOutcome(response: ReceivedResponse, wanted: string, nowMs: number): Outcome {
  const answer = parseJson(response.body)
  const error = at(answer, ['error'])
  const named = codesOf(error, firstTextAt(answer, [wanted]) !== undefined)
  const quota = named.includes('subcode 2207042') ? hourMs : null
  return outcomeBy(table, response, nowMs, named, regainMs(response.headers) ?? quota)
}

/** Meta's ids are numbers, which stand in the paths of the next calls. */
export const isId = (text: string): boolean => /^\d{1,30}$/.test(text)

export function idIn({ body }: ReceivedResponse): string | null {
  const id = firstTextAt(parseJson(body), ['id'])
  return id !== undefined && isId(id) ? id : null
}

/** The container is not there any more, so it has never been published. */
export const isLost = ({ body }: ReceivedResponse): boolean =>
  numberAt(parseJson(body), ['error', 'code']) === 24

/** Whether the subcode in a container's `status` is one of a passing failure. */
export const mayPass = (status: string): boolean =>
  passing.some((subcode) => status.includes(String(subcode)))
