/** An account that somebody has connected by consent, and whose access is refreshed from then on. */

import * as z from 'zod'
import type { Json } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { Stopped, World } from './destination.ts'
import { textAt } from './mapping/look.ts'
import { notConnected } from './oauth/not-connected.ts'
import { tokenFor } from './oauth/shared-token.ts'

const visible = z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters, no spaces')

export const Connected = z.strictObject({
  client_id: visible,
  client_secret: visible,
  /** Comes with the consent, or from elsewhere. */
  refresh_token: visible.optional(),
})
export type Connected = z.infer<typeof Connected>

/** The account's access token of now. */
export async function connectedToken(
  destinationId: string,
  { client_id, client_secret, refresh_token }: Connected,
  tokenUrl: string,
  auth: 'basic' | 'body',
  world: World,
  staleToken: string | null,
): Promise<Result<string, Stopped>> {
  if (refresh_token === undefined) return err(notConnected)
  const client = { tokenUrl, id: client_id, secret: client_secret, auth }
  const grant = { type: 'refresh_token', refreshToken: refresh_token } as const
  const token = await tokenFor(destinationId, client, grant, world, staleToken)
  return token.ok ? ok(token.value.value) : token
}

/** What of a consent's answer is kept. */
export function learnedToken(answer: Json): Result<Record<string, unknown>, string> {
  const token = visible.safeParse(textAt(answer, ['refresh_token']))
  return token.success
    ? ok({ oauth: { refresh_token: token.data } })
    : err('The token endpoint gave no refresh token.')
}
