import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { toBase64 } from './encodings.ts'

const hashes = { sha1, sha256: nobleSha256, sha512, md5 } as const

export type HmacAlgorithm = keyof typeof hashes

export const hmacAlgorithms = ['sha1', 'sha256', 'sha512', 'md5'] as const satisfies HmacAlgorithm[]

/** RFC 2104. sha1 and md5 are for senders that know nothing better. */
export const hmac = (algorithm: HmacAlgorithm, key: Uint8Array, message: Uint8Array): Uint8Array =>
  nobleHmac(hashes[algorithm], key, message)

/** From this size on Web Crypto is faster, its turns of the loop included (`verify_us`); a new key's import makes them equal. */
const largeBytes = 64

const webNames = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512', md5: null } as const

/** As `hmac`, by the faster of two implementations for the message's size. */
export async function hmacOf(
  algorithm: HmacAlgorithm,
  key: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  const hash = webNames[algorithm]
  // Web Crypto knows no MD5, and no empty key.
  if (message.length < largeBytes || hash === null || key.length === 0) {
    return hmac(algorithm, key, message)
  }
  const name = `${hash} ${toBase64(key)}`
  const known = imported.get(name) ?? (await taken(name, hash, key))
  return new Uint8Array(await crypto.subtle.sign('HMAC', known, message))
}

/** What Web Crypto has taken in, for the next message under the same key: an import takes longer than to sign 1 KB. */
const imported = new Map<string, CryptoKey>()
const mostImported = 500

async function taken(name: string, hash: string, key: Uint8Array): Promise<CryptoKey> {
  const made = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash }, false, ['sign'])
  const [oldest] = imported.keys()
  if (oldest !== undefined && imported.size >= mostImported) imported.delete(oldest)
  imported.set(name, made)
  return made
}

/** How many bytes the algorithm's digest has. */
export const digestLength = (algorithm: HmacAlgorithm): number => hashes[algorithm].outputLen

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes)

/** As `sha256`, by the faster of two implementations for the size. */
export const sha256Of = async (bytes: Uint8Array): Promise<Uint8Array> =>
  bytes.length < largeBytes
    ? sha256(bytes)
    : new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
