import type { Token, Tokens } from '../destinations/destination.ts'
import { isJsonObject, parseJson } from '../model/json.ts'
import { err, ok, type Result } from '../model/result.ts'
import { sha256 } from '../signing/hmac.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import type { Services } from './bound-services.ts'

const fingerprint = (token: string): string => toHex(sha256(utf8(token)))

const written = ({ value, refreshToken, baseUrl }: Token): string =>
  JSON.stringify({ value, refreshToken, baseUrl })

function read(text: string, expiresAt: number): Token | null {
  const json = parseJson(utf8(text))
  if (!isJsonObject(json)) return null
  const { value, refreshToken, baseUrl } = json
  if (typeof value !== 'string') return null
  return {
    value,
    expiresAt,
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof baseUrl === 'string' && { baseUrl }),
  }
}

/** A tenant's access tokens, kept sealed in its first ledger: of all who need a new one, one fetches it. */
export function sharedTokens(services: Services, tenantId: string): Tokens {
  const ledger = services.ledger(tenantId, 0)
  return {
    async get(key, stale, refresh): Promise<Result<Token, string>> {
      const place = { tenant: tenantId, record: key, field: 'access_token' }
      const opened = async ({ sealed, expires_at }: { sealed: string; expires_at: number }) => {
        const text = await services.vault.open(place, sealed)
        return text === null ? null : read(text, expires_at)
      }
      const claim = await ledger.claimToken(key, stale === null ? null : fingerprint(stale))
      if (claim.kind === 'token') {
        const token = await opened(claim)
        return token === null ? err('The stored access token does not open.') : ok(token)
      }
      const token = await refresh(claim.last === null ? null : await opened(claim.last))
      if (token.ok) {
        const sealed = await services.vault.seal(place, written(token.value))
        await ledger.saveToken(key, sealed, fingerprint(token.value.value), token.value.expiresAt)
      } else {
        await ledger.releaseToken(key)
      }
      return token
    },
  }
}
