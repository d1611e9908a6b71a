import { prefixOf, randomDigits } from '../model/ids.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { equal } from '../signing/equal.ts'
import { sha256 } from '../signing/hmac.ts'

const secretLength = 32
const shape = /^sk_(?<tenant>[0-9a-hjkmnp-tv-z]{26})_[0-9a-hjkmnp-tv-z]{32}$/

const bodyOf = (tenantId: string): string => tenantId.slice(prefixOf('tenant').length)

/** `sk_<tenant>_<32 digits>`: 160 bits of chance, and whose it is in front. It is stored as its hash only. */
export const newApiKey = (tenantId: string, random: (bytes: number) => Uint8Array): string =>
  `sk_${bodyOf(tenantId)}_${randomDigits(random(secretLength))}`

/** The tenant in an API key's front; `null` for what is not a key. Nothing is proved by it. */
export function tenantOfKey(bearer: string): string | null {
  const tenant = shape.exec(bearer)?.groups?.['tenant']
  return tenant === undefined ? null : prefixOf('tenant') + tenant
}

/** SHA-256 in hex. A key is all chance, so that a slow hash would only cost time. */
export const hashOfKey = (bearer: string): string => toHex(sha256(utf8(bearer)))

/** Takes the same time wherever the texts differ, and whatever their lengths: it compares their hashes. */
export const sameSecret = (given: string, secret: string): boolean =>
  equal(sha256(utf8(given)), sha256(utf8(secret)))
