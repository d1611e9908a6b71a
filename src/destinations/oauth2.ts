import type { Result } from '../model/result.ts'
import type { Token, World } from './destination.ts'
import { sharedToken } from './oauth/shared-token.ts'
import type { OAuth2 } from './webhook-config.ts'

/**
 * A webhook's access token by the client credentials grant (RFC 6749 4.4). The caller has put `auth.token_url` to the
 * address guard. `staleToken`: the one that was refused.
 */
export function accessToken(
  destinationId: string,
  auth: OAuth2,
  world: World,
  staleToken: string | null,
): Promise<Result<Token, string>> {
  const { token_url: tokenUrl, client_id: id, client_secret: secret } = auth
  const { scope, audience, client_auth } = auth
  const client = { tokenUrl, id, secret, auth: client_auth }
  return sharedToken(
    destinationId,
    client,
    { type: 'client_credentials', scope, audience },
    world,
    staleToken,
  )
}
