import { concat } from './bytes.ts'
import { fromBase64Url } from './encodings.ts'

const algorithm = { name: 'Ed25519' }

// RFC 8410: the fixed start of a PKCS #8 private key, after which the 32 bytes of the seed stand.
const pkcs8Start = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

const privateKeyOf = (seed: Uint8Array, extractable: boolean): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', concat(pkcs8Start, seed), algorithm, extractable, ['sign'])

/** RFC 8032: the 64 bytes of the signature. `seed`: the private key's 32 bytes. */
export async function signEd25519(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
  const key = await privateKeyOf(seed, false)
  return new Uint8Array(await crypto.subtle.sign(algorithm, key, message))
}

/** Whether `publicKey` (32 bytes) signed `message`. Anything malformed is `false`; it never throws. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, algorithm, false, ['verify'])
    return await crypto.subtle.verify(algorithm, key, signature, message)
  } catch {
    return false // 32 bytes that are no point of the curve: no signature is theirs.
  }
}

/** The 32 bytes of the public key that belongs to `seed`. */
export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.exportKey('jwk', await privateKeyOf(seed, true))
  const publicKey = 'x' in key && key.x !== undefined ? fromBase64Url(key.x) : null
  if (publicKey === null)
    throw new Error('the platform exported an Ed25519 key without its public half')
  return publicKey
}
