/** The app, the account and its access token: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow */

import * as z from 'zod'
import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { mappingOf } from '../../model/mapping.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { BaseUrl } from '../base-url.ts'
import type { Consent, Stopped, Target, World } from '../destination.ts'
import { connectedToken, Connected } from '../oauth-account.ts'
import { notConnected } from '../oauth/not-connected.ts'

const Credential = z
  .string()
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')

export const LinkedinConfig = z
  .strictObject({
    access_token: Credential.optional(),
    oauth: Connected.optional(),
    author: z
      .string()
      .max(200)
      .regex(/^urn:li:(?:person|organization):[\w-]+$/, 'urn:li:person:… or urn:li:organization:…'),
    version: z
      .string()
      .regex(/^20\d{2}(?:0[1-9]|1[0-2])$/, 'YYYYMM')
      .default('202610'),
    visibility: z.enum(['PUBLIC', 'CONNECTIONS', 'LOGGED_IN']).default('PUBLIC'),
    hashtags: z
      .array(z.string().regex(/^[\p{L}\p{N}]{1,50}$/u, 'letters and digits, without "#"'))
      .max(10)
      .default([]),
    base_url: BaseUrl,
    mapping: mappingOf(['commentary', 'title', 'text', 'link']),
  })
  .refine(({ access_token, oauth }) => access_token !== undefined || oauth !== undefined, {
    path: ['access_token'],
    message: 'an access token, or "oauth" to connect an account with',
  })
export type LinkedinConfig = z.output<typeof LinkedinConfig>

export const apiOf = ({ base_url }: LinkedinConfig): string =>
  base_url ?? 'https://api.linkedin.com'
const tokenUrlOf = ({ base_url }: LinkedinConfig): string =>
  `${base_url ?? 'https://www.linkedin.com'}/oauth/v2/accessToken`

/** The token as it stands in the config, or one that the refresh token gets; `shared`: a 401 may ask for another. */
export async function tokenOf(
  { destinationId, config }: Target<LinkedinConfig>,
  world: World,
  staleToken: string | null,
): Promise<Result<{ value: string; shared: boolean }, Stopped>> {
  const { access_token, oauth } = config
  if (oauth?.refresh_token !== undefined) {
    const tokenUrl = tokenUrlOf(config)
    const token = await connectedToken(destinationId, oauth, tokenUrl, 'body', world, staleToken)
    return token.ok ? ok({ value: token.value, shared: true }) : token
  }
  return access_token === undefined ? err(notConnected) : ok({ value: access_token, shared: false })
}

/** What the token endpoint's answer puts into the config. Without a refresh token the account is connected anew after 60 days. */
function learned(oauth: Connected, answer: Json) {
  const token = Credential.safeParse(isJsonObject(answer) ? answer['access_token'] : undefined)
  if (!token.success) return err('LinkedIn answered without an access token.')
  const refresh = Credential.safeParse(isJsonObject(answer) ? answer['refresh_token'] : undefined)
  const { client_id, client_secret } = oauth
  const refresh_token = refresh.success ? { refresh_token: refresh.data } : {}
  return ok({ access_token: token.data, oauth: { client_id, client_secret, ...refresh_token } })
}

/** Where a member connects the account; `null`: the config holds a token, and no app. */
export function linkedinConsent(config: LinkedinConfig): Consent | null {
  const { oauth, author } = config
  if (oauth === undefined) return null
  return {
    authorizeUrl: `${config.base_url ?? 'https://www.linkedin.com'}/oauth/v2/authorization`,
    tokenUrl: tokenUrlOf(config),
    clientId: oauth.client_id,
    clientSecret: oauth.client_secret,
    scopes: [
      author.startsWith('urn:li:organization:') ? 'w_organization_social' : 'w_member_social',
    ],
    scopeSeparator: ' ',
    // LinkedIn has PKCE for native apps only, at another address.
    pkce: false,
    clientAuth: 'body',
    learned: (answer) => learned(oauth, answer),
  }
}
