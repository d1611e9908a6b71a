import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'

/** A UUID that is the same for the same text, in the form of version 4 (RFC 9562 5.4): for receivers that take no other. */
export async function uuidOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', utf8(text))
  const bytes = new Uint8Array(digest).subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return [0, 8, 12, 16, 20].map((from, i, all) => hex.slice(from, all[i + 1])).join('-')
}
