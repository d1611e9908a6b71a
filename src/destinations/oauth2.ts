import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64, toHex } from '../signing/encodings.ts'
import { readBounded } from './bounded-body.ts'
import { late, startDeadline } from './deadline.ts'
import type { Token, World } from './destination.ts'
import type { OAuth2 } from './webhook-config.ts'

const deadlineMs = 10_000
const maxAnswerBytes = 16_384
const earlyMs = 60_000
const defaultLifetimeS = 3600

/** RFC 6749 5.1. Some servers write the number as text. */
const TokenAnswer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
})

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)

function tokenRequest(auth: OAuth2): { headers: Headers; body: string } {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (auth.scope !== undefined) form.set('scope', auth.scope)
  if (auth.audience !== undefined) form.set('audience', auth.audience)
  const headers = new Headers({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'Switchyard/1',
  })
  if (auth.client_auth === 'body') {
    form.set('client_id', auth.client_id)
    form.set('client_secret', auth.client_secret)
  } else {
    // Encoded first: RFC 6749 2.3.1.
    const pair = `${formEncoded(auth.client_id)}:${formEncoded(auth.client_secret)}`
    headers.set('authorization', `Basic ${toBase64(utf8(pair))}`)
  }
  return { headers, body: form.toString() }
}

/** When to stop using a token: a minute early, so that it does not expire on the way; half-way if it lives shorter than two. */
function expiryOf(lifetimeS: number, nowMs: number): number {
  const lifetimeMs = lifetimeS * 1000
  return nowMs + lifetimeMs - Math.min(earlyMs, lifetimeMs / 2)
}

async function requestToken(auth: OAuth2, world: World): Promise<Result<Token, string>> {
  const { fetch, now } = world
  const deadline = startDeadline(deadlineMs)
  try {
    const asked = fetch(auth.token_url, {
      method: 'POST',
      ...tokenRequest(auth),
      redirect: 'manual',
      signal: deadline.signal,
    })
    const response = await deadline.race(asked)
    if (response === late) return err('The token endpoint did not answer within 10 s.')
    const { bytes, truncated } = await readBounded(response, maxAnswerBytes, deadline)
    if (response.status !== 200) return err(`The token endpoint answered ${response.status}.`)
    const answer = TokenAnswer.safeParse(truncated ? undefined : parseJson(bytes))
    if (!answer.success) return err('The token endpoint answered without a bearer token.')
    const { access_token, expires_in = defaultLifetimeS } = answer.data
    return ok({ value: access_token, expiresAt: expiryOf(expires_in, now()) })
  } catch {
    return err('The connection to the token endpoint failed.')
  } finally {
    deadline.end()
  }
}

/** Other credentials, other tokens: a change of the configuration holds from the next event on. */
async function keyOf(destinationId: string, auth: OAuth2): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8(JSON.stringify(auth)))
  return `${destinationId}:${toHex(new Uint8Array(digest))}`
}

/**
 * An access token by the client credentials grant (RFC 6749 4.4), shared through `world.tokens` by all deliveries of
 * the destination. The caller has put `auth.token_url` to the address guard. `staleToken`: the one that was refused.
 */
export async function accessToken(
  destinationId: string,
  auth: OAuth2,
  world: World,
  staleToken: string | null,
): Promise<Result<Token, string>> {
  const key = await keyOf(destinationId, auth)
  return world.tokens.get(key, staleToken, () => requestToken(auth, world))
}
