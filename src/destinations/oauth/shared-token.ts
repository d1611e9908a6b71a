import * as z from 'zod'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import { toHex } from '../../signing/encodings.ts'
import { checkAddress } from '../address.ts'
import type { Stopped, Token, World } from '../destination.ts'
import type { Grant, OAuthClient } from './grant.ts'
import { askForToken } from './token-endpoint.ts'

const earlyMs = 60_000
const defaultLifetimeS = 3600

const visible = z.string().regex(/^[\x21-\x7e]+$/)

/** RFC 6749 5.1, and Salesforce's `instance_url`. Some servers write the number as text. */
const TokenAnswer = z.object({
  access_token: visible,
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
  refresh_token: visible.optional().catch(undefined),
  instance_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .catch(undefined),
})

/** When to stop using a token: a minute early, so that it does not expire on the way; half-way if it lives shorter than two. */
function expiryOf(lifetimeS: number, nowMs: number): number {
  const lifetimeMs = lifetimeS * 1000
  return nowMs + lifetimeMs - Math.min(earlyMs, lifetimeMs / 2)
}

function tokenIn(
  json: Json,
  refreshedWith: string | undefined,
  nowMs: number,
): Result<Token, string> {
  const answer = TokenAnswer.safeParse(json)
  if (!answer.success) return err('The token endpoint answered without a bearer token.')
  const { access_token, expires_in = defaultLifetimeS, refresh_token, instance_url } = answer.data
  const refreshToken = refresh_token ?? refreshedWith
  return ok({
    value: access_token,
    expiresAt: expiryOf(expires_in, nowMs),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(instance_url === undefined ? {} : { baseUrl: instance_url.replace(/\/+$/, '') }),
  })
}

/** Other credentials, other tokens: a change of the configuration holds from the next event on. */
async function keyOf(destinationId: string, ...credentials: object[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8(JSON.stringify(credentials)))
  return `${destinationId}:${toHex(new Uint8Array(digest))}`
}

/**
 * An access token, shared through `world.tokens` by all deliveries of the destination. A refresh token that changes with each use
 * is taken from the last token, and from the configuration only at first. The caller has put `client.tokenUrl` to the
 * address guard. `staleToken`: the one that was refused.
 */
export async function sharedToken(
  destinationId: string,
  client: OAuthClient,
  grant: Grant,
  world: World,
  staleToken: string | null,
): Promise<Result<Token, string>> {
  const key = await keyOf(destinationId, client, grant)
  return world.tokens.get(key, staleToken, async (last) => {
    const current =
      grant.type === 'refresh_token'
        ? { ...grant, refreshToken: last?.refreshToken ?? grant.refreshToken }
        : grant
    const answer = await askForToken(client, current, world)
    if (!answer.ok) return answer
    const used = current.type === 'refresh_token' ? current.refreshToken : undefined
    return tokenIn(answer.value, used, world.now())
  })
}

/** As `sharedToken`, with the token endpoint put to the address guard, and what its failure means to the attempt. */
export async function tokenFor(
  destinationId: string,
  client: OAuthClient,
  grant: Grant,
  world: World,
  staleToken: string | null,
): Promise<Result<Token, Stopped>> {
  const address = checkAddress(client.tokenUrl, world.allowlist)
  if (!address.ok) {
    const error = `The token endpoint: ${address.error.reason}`
    return err({ outcome: { kind: 'refused', cause: 'blocked_address' }, error })
  }
  const token = await sharedToken(destinationId, client, grant, world, staleToken)
  // A wrong client secret looks like a token server's bad day, so it is tried again by schedule.
  return token.ok
    ? token
    : err({ outcome: { kind: 'failed', cause: 'credentials' }, error: token.error })
}
