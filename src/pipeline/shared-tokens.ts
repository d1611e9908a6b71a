import type { Token, Tokens } from '../destinations/destination.ts'
import type { NewToken } from '../ledger/protocol.ts'
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

type Refresh = Parameters<Tokens['get']>[2]
type Sealed = Pick<NewToken, 'sealed' | 'expires_at'>

/** A tenant's access tokens, kept sealed in its first ledger: of all who need a new one, one fetches it. */
export function sharedTokens(
  { ledger: ledgerOf, vault, after }: Pick<Services, 'ledger' | 'vault' | 'after'>,
  tenantId: string,
): Tokens {
  // Asked for at the first token: most deliveries need none.
  const ledger = () => ledgerOf(tenantId, 0)
  const placeOf = (key: string) => ({ tenant: tenantId, record: key, field: 'access_token' })

  async function opened(key: string, { sealed, expires_at }: Sealed): Promise<Token | null> {
    const text = await vault.open(placeOf(key), sealed)
    return text === null ? null : read(text, expires_at)
  }

  async function renew(
    key: string,
    last: Sealed | null,
    refresh: Refresh,
  ): Promise<Result<Token, string>> {
    let error: string | null = 'The access token could not be refreshed.'
    try {
      const token = await refresh(last === null ? null : await opened(key, last))
      if (!token.ok) {
        error = token.error
        return token
      }
      const { value, expiresAt: expires_at, refreshToken } = token.value
      const sealed = await vault.seal(placeOf(key), written(token.value))
      const lasting = refreshToken !== undefined
      await ledger().saveToken(key, {
        sealed,
        fingerprint: fingerprint(value),
        expires_at,
        lasting,
      })
      error = null
      return token
    } finally {
      if (error !== null) await ledger().releaseToken(key, error)
    }
  }

  return {
    async get(key, stale, refresh) {
      const claim = await ledger().claimToken(key, stale === null ? null : fingerprint(stale))
      if (claim.kind === 'failed') return err(claim.error)
      if (claim.kind === 'token') {
        const token = await opened(key, claim)
        return token === null ? err('The stored access token does not open.') : ok(token)
      }
      const renewed = renew(key, claim.last, refresh)
      // The attempt's time may be up first, and a used refresh token whose follower is not kept is an account lost.
      after(renewed)
      return renewed
    },
  }
}
