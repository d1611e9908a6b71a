import { utf8 } from '../signing/bytes.ts'
import { fromBase64Url, toBase64Url } from '../signing/encodings.ts'
import type { Keyring } from './keyring.ts'

/** Where a sealed text stands. It opens there and nowhere else. */
export interface Place {
  tenant: string
  record: string
  field: string
}

const ivBytes = 12
const decoder = new TextDecoder()

const aadOf = ({ tenant, record, field }: Place): Uint8Array => utf8(`${tenant}/${record}/${field}`)

/** AES-256-GCM (NIST SP 800-38D) under the first key: `v1.<kid>.<iv>.<ct>`, the parts in base64url. */
export async function seal(
  [{ kid, seal: key }]: Keyring,
  place: Place,
  text: string,
  random: (bytes: number) => Uint8Array,
): Promise<string> {
  const iv = random(ivBytes)
  const ct = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: aadOf(place) },
    key,
    utf8(text),
  )
  return `v1.${kid}.${toBase64Url(iv)}.${toBase64Url(new Uint8Array(ct))}`
}

/** `null` for what was not sealed in this place under one of these keys, or was changed since. */
export async function open(keyring: Keyring, place: Place, sealed: string): Promise<string | null> {
  const [version, kid, ivText, ctText, ...rest] = sealed.split('.')
  const iv = fromBase64Url(ivText ?? '')
  const ct = fromBase64Url(ctText ?? '')
  if (version !== 'v1' || rest.length > 0 || iv?.length !== ivBytes || ct === null) return null
  // Two keys can have one name: there are only 24 bits of it.
  for (const key of keyring.filter((candidate) => candidate.kid === kid)) {
    try {
      const algorithm = { name: 'AES-GCM', iv, additionalData: aadOf(place) }
      return decoder.decode(await crypto.subtle.decrypt(algorithm, key.seal, ct))
    } catch {
      continue
    }
  }
  return null
}

/** As `open`, for what this program has stored: not to open means another master key or a touched database. */
export async function opened(keyring: Keyring, place: Place, sealed: string): Promise<string> {
  const text = await open(keyring, place, sealed)
  if (text !== null) return text
  throw new Error(
    `A sealed value does not open: ${place.record} ${place.field}. Is MASTER_KEY the one it was sealed with?`,
  )
}
