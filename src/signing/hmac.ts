import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'

const hashes = { sha1, sha256: nobleSha256, sha512, md5 } as const

export type HmacAlgorithm = keyof typeof hashes

export const hmacAlgorithms = ['sha1', 'sha256', 'sha512', 'md5'] as const satisfies HmacAlgorithm[]

/** RFC 2104. sha1 and md5 are for senders that know nothing better. */
export const hmac = (algorithm: HmacAlgorithm, key: Uint8Array, message: Uint8Array): Uint8Array =>
  nobleHmac(hashes[algorithm], key, message)

/** How many bytes the algorithm's digest has. */
export const digestLength = (algorithm: HmacAlgorithm): number => hashes[algorithm].outputLen

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes)
