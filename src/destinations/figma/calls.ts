import { parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { OutgoingRequest, ReceivedResponse, Stopped, Talk, Target } from '../destination.ts'
import { jsonRequest } from '../json-request.ts'
import { textAt } from '../mapping/look.ts'
import { connectedToken } from '../oauth-account.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { figmaUrl } from './config.ts'
import type { FigmaConfig } from './config.ts'

/** https://developers.figma.com/docs/rest-api/errors */
const table: readonly OutcomeRow[] = [
  // Figma says 403 where others say 401.
  { status: 403, code: ['token'], is: 'credentials' },
  { status: 410, is: 'refused' },
]

const isAboutToken = ({ status, body }: ReceivedResponse): boolean => {
  const answer = parseJson(body)
  const said = textAt(answer, ['err']) ?? textAt(answer, ['message']) ?? ''
  return status === 403 && /\btoken\b/i.test(said)
}

export type Conclusion = { outcome: Outcome; error?: string }

export const delivered: Conclusion = { outcome: { kind: 'delivered' } }

export function figmaOutcome(response: ReceivedResponse, nowMs: number): Conclusion {
  const outcome = outcomeBy(table, response, nowMs, isAboutToken(response) ? ['token'] : [])
  // https://developers.figma.com/docs/rest-api/rate-limits: "low" is a View or Collab seat.
  return response.status === 429 && response.headers.get('x-figma-rate-limit-type') === 'low'
    ? { outcome, error: 'Figma gives the seat of this account (View or Collab) only few requests.' }
    : { outcome }
}

/** What to make of an answer that is not the one that was looked for. */
export function notRead(response: ReceivedResponse, nowMs: number): Conclusion {
  const { outcome } = figmaOutcome(response, nowMs)
  const read: Outcome = { kind: 'failed', cause: 'status' }
  const error = 'Figma did not tell whether this has been done already.'
  return { outcome: outcome.kind === 'delivered' ? read : outcome, error }
}

/** One call of Figma's REST API; without a body it is a GET. */
export async function figmaCall(
  talk: Talk,
  { config, destinationId }: Target<FigmaConfig>,
  path: string,
  body: Json | null = null,
  readBytes?: number,
): Promise<Result<ReceivedResponse, Stopped>> {
  const { token, oauth } = config
  const base = figmaUrl(config)
  const more = readBytes === undefined ? {} : { readBytes }
  if (oauth === undefined) {
    const secretHeaders = ['x-figma-token']
    const headers = { 'x-figma-token': token ?? '' }
    const request = jsonRequest(`${base}${path}`, headers, body, { ...more, secretHeaders })
    return talk.call(() => Promise.resolve(ok(request)))
  }
  let used = ''
  const make = async (stale: string | null): Promise<Result<OutgoingRequest, Stopped>> => {
    const refreshUrl = `${base}/v1/oauth/refresh`
    const found = await connectedToken(destinationId, oauth, refreshUrl, 'basic', talk, stale)
    if (!found.ok) return found
    used = found.value
    const headers = { authorization: `Bearer ${used}` }
    return ok(jsonRequest(`${base}${path}`, headers, body, { ...more, token: used }))
  }
  const answer = await talk.call(make)
  return answer.ok && isAboutToken(answer.value)
    ? talk.call((stale) => make(stale ?? used))
    : answer
}
