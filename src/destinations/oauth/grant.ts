import { ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { signedJwt } from './jwt.ts'

/** Who asks for a token, and where. */
export interface OAuthClient {
  tokenUrl: string
  id: string
  /** `null`: a public client, or one that proves itself by its grant. */
  secret: string | null
  /** Where the client's credentials stand in the token request: RFC 6749 2.3.1. */
  auth: 'basic' | 'body'
}

/** By what right a token is asked for. */
export type Grant =
  /** RFC 6749 4.4 */
  | { type: 'client_credentials'; scope?: string | undefined; audience?: string | undefined }
  /** RFC 6749 6 */
  | { type: 'refresh_token'; refreshToken: string }
  /** RFC 7523 2.1 */
  | {
      type: 'jwt_bearer'
      privateKey: string
      issuer: string
      subject: string
      audience: string
    }
  /** RFC 6749 4.1.3, RFC 7636 4.5 */
  | { type: 'authorization_code'; code: string; redirectUri: string; verifier: string | null }

/** Salesforce takes no assertion that lives longer than three minutes, and clocks differ. */
const assertionS = 120

const given = (fields: Record<string, string | null | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, value]],
    ),
  )

/** The grant as the fields of a token request's form. */
export async function formOf(
  grant: Grant,
  nowMs: number,
): Promise<Result<Record<string, string>, string>> {
  switch (grant.type) {
    case 'client_credentials':
      return ok(given({ grant_type: grant.type, scope: grant.scope, audience: grant.audience }))
    case 'refresh_token':
      return ok({ grant_type: grant.type, refresh_token: grant.refreshToken })
    case 'authorization_code':
      return ok(
        given({
          grant_type: grant.type,
          code: grant.code,
          redirect_uri: grant.redirectUri,
          code_verifier: grant.verifier,
        }),
      )
    case 'jwt_bearer': {
      const nowS = Math.floor(nowMs / 1000)
      const { issuer: iss, subject: sub, audience: aud } = grant
      const claims = { iss, sub, aud, iat: nowS, exp: nowS + assertionS }
      const assertion = await signedJwt(grant.privateKey, claims)
      if (!assertion.ok) return assertion
      const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
      return ok({ grant_type, assertion: assertion.value })
    }
  }
}
