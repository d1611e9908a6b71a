import * as z from 'zod'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Consent, Stopped, Target, Token, World } from '../destination.ts'
import type { Grant, OAuthClient } from '../oauth/grant.ts'
import { notConnected } from '../oauth/not-connected.ts'
import { tokenFor } from '../oauth/shared-token.ts'
import type { SalesforceConfig } from './config.ts'

const tokenUrlOf = ({ login_url }: SalesforceConfig): string => `${login_url}/services/oauth2/token`

/** Sandboxes have a login of their own, also below a My Domain. */
const audienceOf = ({ login_url }: SalesforceConfig): string =>
  /^https:\/\/test\.|\.sandbox\.my\.salesforce\.com$/.test(login_url)
    ? 'https://test.salesforce.com'
    : 'https://login.salesforce.com'

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm */
function rightOf(config: SalesforceConfig): Result<{ client: OAuthClient; grant: Grant }, Stopped> {
  const { auth } = config
  const client = { tokenUrl: tokenUrlOf(config), id: auth.client_id, auth: 'body' } as const
  if (auth.type === 'jwt_bearer') {
    const { private_key: privateKey, client_id: issuer, username: subject } = auth
    const audience = auth.audience ?? audienceOf(config)
    const grant: Grant = { type: 'jwt_bearer', privateKey, issuer, subject, audience }
    return ok({ client: { ...client, secret: null }, grant })
  }
  const known = { ...client, secret: auth.client_secret }
  if (auth.type === 'client_credentials') return ok({ client: known, grant: { type: auth.type } })
  if (auth.refresh_token === undefined) return err(notConnected)
  return ok({ client: known, grant: { type: auth.type, refreshToken: auth.refresh_token } })
}

/** The shared access token and where its API is. */
export async function salesforceToken(
  { config, destinationId }: Target<SalesforceConfig>,
  world: World,
  staleToken: string | null,
): Promise<Result<Token, Stopped>> {
  const right = rightOf(config)
  if (!right.ok) return right
  return tokenFor(destinationId, right.value.client, right.value.grant, world, staleToken)
}

const Answer = z.object({ refresh_token: z.string().min(1).max(4096) })

/** https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm */
export function salesforceConsent(config: SalesforceConfig): Consent | null {
  const { auth, login_url } = config
  if (auth.type !== 'refresh_token') return null
  return {
    authorizeUrl: `${login_url}/services/oauth2/authorize`,
    tokenUrl: tokenUrlOf(config),
    clientId: auth.client_id,
    clientSecret: auth.client_secret,
    scopes: ['api', 'refresh_token'],
    pkce: true,
    clientAuth: 'body',
    learned(json) {
      const answer = Answer.safeParse(json)
      return answer.success
        ? ok({ auth: { ...auth, refresh_token: answer.data.refresh_token } })
        : err(
            'Salesforce answered without a refresh token: does the app have the scope "refresh_token"?',
          )
    },
  }
}
