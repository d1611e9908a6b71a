import * as z from 'zod'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Consent, OutgoingRequest, Stopped, Target, World } from '../destination.ts'
import { jsonRequest } from '../json-request.ts'
import type { JsonObject } from '../../model/json.ts'
import { notConnected } from '../oauth/not-connected.ts'
import { tokenFor } from '../oauth/shared-token.ts'
import { apiOf } from './config.ts'
import type { HubspotConfig } from './config.ts'

const tokenUrlOf = (config: HubspotConfig): string => `${apiOf(config)}/oauth/v1/token`

/** The token, and whether another can be had for it. */
async function tokenOf(
  { config, destinationId }: Target<HubspotConfig>,
  world: World,
  staleToken: string | null,
): Promise<Result<{ token: string; renewable: boolean }, Stopped>> {
  const { auth } = config
  if (auth.type === 'private_app') return ok({ token: auth.token, renewable: false })
  const { client_id: id, client_secret: secret, refresh_token: refreshToken } = auth
  if (refreshToken === undefined) return err(notConnected)
  // https://developers.hubspot.com/docs/api-reference/auth-oauth-v1/tokens/post-oauth-v1-token
  const client = { tokenUrl: tokenUrlOf(config), id, secret, auth: 'body' } as const
  const grant = { type: 'refresh_token', refreshToken } as const
  const token = await tokenFor(destinationId, client, grant, world, staleToken)
  return token.ok ? ok({ token: token.value.value, renewable: true }) : token
}

/** A POST to HubSpot's API with the destination's token. */
export async function post(
  target: Target<HubspotConfig>,
  world: World,
  staleToken: string | null,
  path: string,
  body: JsonObject,
  readBytes = 262_144,
): Promise<Result<OutgoingRequest, Stopped>> {
  const found = await tokenOf(target, world, staleToken)
  if (!found.ok) return found
  const { token, renewable } = found.value
  const headers = { authorization: `Bearer ${token}` }
  const more = { readBytes, ...(renewable ? { token } : {}) }
  return ok(jsonRequest(apiOf(target.config) + path, headers, body, more))
}

const scopes: Record<HubspotConfig['action'], readonly string[]> = {
  contact: ['crm.objects.contacts.read', 'crm.objects.contacts.write'],
  deal: [
    'crm.objects.contacts.read',
    'crm.objects.contacts.write',
    'crm.objects.deals.read',
    'crm.objects.deals.write',
  ],
  timeline_event: ['timeline'],
}

const Answer = z.object({ refresh_token: z.string().min(1).max(4096) })

/** https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth */
export function hubspotConsent(config: HubspotConfig): Consent | null {
  const { auth, action, base_url } = config
  if (auth.type !== 'oauth') return null
  return {
    authorizeUrl: `${base_url ?? 'https://app.hubspot.com'}/oauth/authorize`,
    tokenUrl: tokenUrlOf(config),
    clientId: auth.client_id,
    clientSecret: auth.client_secret,
    scopes: ['oauth', ...scopes[action]],
    pkce: true,
    clientAuth: 'body',
    learned(json) {
      const answer = Answer.safeParse(json)
      return answer.success
        ? ok({ auth: { ...auth, refresh_token: answer.data.refresh_token } })
        : err('HubSpot answered without a refresh token.')
    },
  }
}
