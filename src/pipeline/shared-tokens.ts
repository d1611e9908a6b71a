import type { Token, Tokens } from '../destinations/destination.ts'
import { err, ok, type Result } from '../model/result.ts'
import { sha256 } from '../signing/hmac.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import type { Services } from './bound-services.ts'

const fingerprint = (token: string): string => toHex(sha256(utf8(token)))

/** A tenant's access tokens, kept sealed in its first ledger: of all who need a new one, one fetches it. */
export function sharedTokens(services: Services, tenantId: string): Tokens {
  const ledger = services.ledger(tenantId, 0)
  return {
    async get(key, stale, refresh): Promise<Result<Token, string>> {
      const place = { tenant: tenantId, record: key, field: 'access_token' }
      const claim = await ledger.claimToken(key, stale === null ? null : fingerprint(stale))
      if (claim.kind === 'token') {
        const value = await services.vault.open(place, claim.sealed)
        if (value !== null) return ok({ value, expiresAt: claim.expires_at })
        return err('The stored access token does not open.')
      }
      const token = await refresh()
      if (token.ok) {
        const sealed = await services.vault.seal(place, token.value.value)
        await ledger.saveToken(key, sealed, fingerprint(token.value.value), token.value.expiresAt)
      } else {
        await ledger.releaseToken(key)
      }
      return token
    },
  }
}
