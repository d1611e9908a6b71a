import { md5 as nobleMd5 } from '@noble/hashes/legacy.js'

/** RFC 1321, for names that others make with it. It proves nothing. */
export const md5 = (bytes: Uint8Array): Uint8Array => nobleMd5(bytes)
