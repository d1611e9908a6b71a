import type { DestinationRecord } from '../config/config.ts'
import { isJsonObject, parseJson } from '../model/json.ts'
import { err, ok, type Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'
import type { Services } from './bound-services.ts'

/** What `state` carries through the browser, sealed, so that nothing of it is stored, guessed or changed. */
export interface Asked {
  tenant: string
  destination: string
  redirectUri: string
  /** RFC 7636; `null` where the receiver knows no PKCE. */
  verifier: string | null
  /** The destination as it was: once connected it is another, so that no state counts twice. */
  fingerprint: string
}

type Sealing = Pick<Services, 'vault' | 'now'>

/** How long somebody may take to consent. */
const lifeMs = 600_000

/** Not a tenant's: whose it is stands inside, for nobody knows before it is open. */
const place = { tenant: 'instance', record: 'oauth', field: 'state' }

/** Another one after every change of the destination. */
export const fingerprintOf = ({ updated_at, config }: DestinationRecord): string =>
  toHex(sha256(utf8(JSON.stringify([updated_at, config]))))

export const sealAsked = ({ vault, now }: Sealing, asked: Asked): Promise<string> =>
  vault.seal(place, JSON.stringify({ ...asked, expiresAt: now() + lifeMs }))

/** What this instance has asked for less than 10 minutes ago. */
export async function openAsked(
  { vault, now }: Sealing,
  state: string,
): Promise<Result<Asked, 'unknown' | 'expired'>> {
  const text = await vault.open(place, state)
  const json = text === null ? undefined : parseJson(utf8(text))
  if (!isJsonObject(json)) return err('unknown')
  const { tenant, destination, redirectUri, verifier, fingerprint, expiresAt } = json
  if (
    typeof tenant !== 'string' ||
    typeof destination !== 'string' ||
    typeof redirectUri !== 'string' ||
    (typeof verifier !== 'string' && verifier !== null) ||
    typeof fingerprint !== 'string' ||
    typeof expiresAt !== 'number'
  ) {
    return err('unknown')
  }
  return expiresAt <= now()
    ? err('expired')
    : ok({ tenant, destination, redirectUri, verifier, fingerprint })
}
