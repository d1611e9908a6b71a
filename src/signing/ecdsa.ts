import { fromHex } from './encodings.ts'
import { der, readSequence } from './der.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const coordinateLength = 32

// RFC 5480: the fixed start of a P-256 public key, after which the 64 bytes of an uncompressed point stand.
const spkiStart = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')

/** Whether these are the 91 bytes of a P-256 key's SubjectPublicKeyInfo. Not whether its point is on the curve. */
export const isP256Spki = (spki: Uint8Array): boolean =>
  spkiStart !== null &&
  spki.length === spkiStart.length + 2 * coordinateLength &&
  spkiStart.every((byte, i) => byte === spki[i])

/** A positive integer of DER as 32 bytes; `null` for zero, a negative one, one too large or padded. */
function coordinateOf(integer: Uint8Array): Uint8Array | null {
  const [first = 0x80, second = 0x80] = integer
  if (first >= 0x80 || (first === 0 && second < 0x80)) return null
  const digits = first === 0 ? integer.subarray(1) : integer
  if (digits.length === 0 || digits.length > coordinateLength) return null
  const coordinate = new Uint8Array(coordinateLength)
  coordinate.set(digits, coordinateLength - digits.length)
  return coordinate
}

/** RFC 3279, 2.2.3: `r` and `s` one after the other, as Web Crypto wants them. `null`: no signature for P-256. */
export function fromDerSignature(signature: Uint8Array): Uint8Array | null {
  const [r, s, ...others] = readSequence(signature) ?? []
  if (r?.tag !== der.integer || s?.tag !== der.integer || others.length > 0) return null
  const [left, right] = [coordinateOf(r.content), coordinateOf(s.content)]
  if (left === null || right === null) return null
  const both = new Uint8Array(2 * coordinateLength)
  both.set(left)
  both.set(right, coordinateLength)
  return both
}

/** Whether the key `spki` signed `message` with SHA-256. `signature`: `r` and `s`. It never throws. */
export async function verifyEcdsaP256(
  spki: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
    return await crypto.subtle.verify(algorithm, key, signature, message)
  } catch {
    return false // No key of this curve: no signature is its.
  }
}
