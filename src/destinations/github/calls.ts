import type { Json } from '../../model/json.ts'
import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Outcome } from '../../model/outcome.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { toHex } from '../../signing/encodings.ts'
import { utf8 } from '../../signing/bytes.ts'
import { checkAddress } from '../address.ts'
import { readBounded } from '../bounded-body.ts'
import { late, startDeadline } from '../deadline.ts'
import type { ReceivedResponse, Stopped, Talk, Target, Token, World } from '../destination.ts'
import { jsonRequest } from '../json-request.ts'
import { textAt } from '../mapping/look.ts'
import { signedJwt } from '../oauth/jwt.ts'
import { outcomeBy } from '../outcome-table.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { App, GithubConfig } from './config.ts'

export const githubUrl = ({ base_url }: GithubConfig): string =>
  base_url ?? 'https://api.github.com'

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
const table: readonly OutcomeRow[] = [
  { status: 403, code: ['limited'], is: 'rate_limited' },
  // 410: the repository has its issues switched off, which ends no other delivery.
  { status: 410, is: 'refused' },
]

/** "If neither header is there, wait for at least one minute." */
const unsaidWaitMs = 60_000

/** A secondary limit may say so in nothing but its message; any other plain 403 is a refusal. */
const isSecondary = ({ body }: ReceivedResponse): boolean =>
  /\bsecondary rate limit\b|\babuse detection\b/i.test(textAt(parseJson(body), ['message']) ?? '')

function waitOf(response: ReceivedResponse, nowMs: number): number | null {
  const { status, headers } = response
  const asked = retryAfterMs(headers.get('retry-after'), nowMs)
  if (asked !== null) return asked
  const resetS = Number(headers.get('x-ratelimit-reset') ?? '')
  if (headers.get('x-ratelimit-remaining') === '0' && resetS > 0)
    return Math.max(resetS * 1000 - nowMs, 0)
  return status === 429 || isSecondary(response) ? unsaidWaitMs : null
}

export function githubOutcome(response: ReceivedResponse, nowMs: number): Outcome {
  const wait = response.status === 403 || response.status === 429 ? waitOf(response, nowMs) : null
  return outcomeBy(table, response, nowMs, wait === null ? [] : ['limited'], wait)
}

const headersWith = (token: string): Record<string, string> => ({
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${token}`,
  'x-github-api-version': '2022-11-28',
})

const deadlineMs = 10_000
const jwtS = 540
const driftS = 60
const defaultLifetimeMs = 3_540_000

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app */
async function askForToken(
  app: App,
  baseUrl: string,
  world: World,
): Promise<Result<Token, string>> {
  const { fetch, now } = world
  const nowS = Math.floor(now() / 1000)
  // GitHub refuses what its own clock calls the future, and more than ten minutes.
  const claims = { iat: nowS - driftS, exp: nowS + jwtS, iss: app.app_id }
  const jwt = await signedJwt(app.private_key, claims)
  if (!jwt.ok) return jwt
  const url = `${baseUrl}/app/installations/${app.installation_id}/access_tokens`
  const { method, headers, body } = jsonRequest(url, headersWith(jwt.value), {})
  const deadline = startDeadline(deadlineMs)
  try {
    const asked = fetch(url, { method, headers, body, redirect: 'manual', signal: deadline.signal })
    const response = await deadline.race(asked)
    if (response === late) return err('GitHub gave the app no token within 10 s.')
    const { bytes } = await readBounded(response, 262_144, deadline)
    const answer = parseJson(bytes)
    if (response.status !== 201 || !isJsonObject(answer) || typeof answer['token'] !== 'string')
      return err(`GitHub answered ${response.status} and gave the app no token.`)
    const { token, expires_at } = answer
    const end = typeof expires_at === 'string' ? Date.parse(expires_at) : Number.NaN
    const expiresAt = Number.isNaN(end) ? now() + defaultLifetimeMs : end - driftS * 1000
    return ok({ value: token, expiresAt })
  } catch {
    return err('The connection for the token of the app failed.')
  } finally {
    deadline.end()
  }
}

async function tokenOf(
  { config, destinationId }: Target<GithubConfig>,
  world: World,
  stale: string | null,
): Promise<Result<{ value: string; shared: boolean }, Stopped>> {
  const { app, token } = config
  if (app === undefined) return ok({ value: token ?? '', shared: false })
  const baseUrl = githubUrl(config)
  const address = checkAddress(baseUrl, world.allowlist)
  if (!address.ok) {
    const outcome: Outcome = { kind: 'refused', cause: 'blocked_address' }
    return err({ outcome, error: address.error.reason })
  }
  const digest = await crypto.subtle.digest('SHA-256', utf8(JSON.stringify([app, baseUrl])))
  const key = `${destinationId}:${toHex(new Uint8Array(digest))}`
  const shared = await world.tokens.get(key, stale, () => askForToken(app, baseUrl, world))
  return shared.ok
    ? ok({ value: shared.value.value, shared: true })
    : err({ outcome: { kind: 'failed', cause: 'credentials' }, error: shared.error })
}

/** One call under the repository's path; without a body it is a GET. */
export function githubCall(
  talk: Talk,
  target: Target<GithubConfig>,
  path: string,
  body: Json | null = null,
  readBytes?: number,
): Promise<Result<ReceivedResponse, Stopped>> {
  const { owner, repo } = target.config
  const url = `${githubUrl(target.config)}/repos/${owner}/${repo}${path}`
  return talk.call(async (staleToken) => {
    const token = await tokenOf(target, talk, staleToken)
    if (!token.ok) return token
    const { value, shared } = token.value
    const more = {
      ...(shared ? { token: value } : {}),
      ...(readBytes === undefined ? {} : { readBytes }),
    }
    return ok(jsonRequest(url, headersWith(value), body, more))
  })
}
