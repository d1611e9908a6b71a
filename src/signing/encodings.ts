/**
 * Hex and base64 (RFC 4648), strict both ways: a decoder answers `null` for any text that an encoder could not
 * have made. The platforms' own drop junk, and then a signature with a tail is as good as the signature.
 */

const hexDigits = /^[0-9a-fA-F]*$/
const base64Digits = /^[A-Za-z0-9+/]*$/
// The last digit's unused bits must be zero, or two texts would mean one signature.
const lastGroup =
  /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/][AQgw](?:==)?|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=?)?$/
const base64UrlText = /^[A-Za-z0-9_-]*={0,2}$/

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

// `String.fromCharCode` takes its bytes as arguments, and the stack bounds how many.
const chunk = 8192

/** Two lower-case digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOf[byte]
  return text
}

/** Pairs of hex digits in either case, and nothing else; `null` for any other text. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !hexDigits.test(text)) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  }
  return bytes
}

/** The standard alphabet, padded. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += chunk) {
    binary += String.fromCharCode(...bytes.subarray(at, at + chunk))
  }
  return btoa(binary)
}

/** The standard alphabet; padding may be left out whole, but is never wrong. `null` for any other text. */
export function fromBase64(text: string): Uint8Array | null {
  // Not one pattern of groups: a long text would take all of the pattern's stack, and throw.
  const last = Math.max(0, Math.ceil(text.length / 4) - 1) * 4
  if (!base64Digits.test(text.slice(0, last)) || !lastGroup.test(text.slice(last))) return null
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}

/** As `fromBase64`, for senders that always pad: one signature, one text. */
export const fromPaddedBase64 = (text: string): Uint8Array | null =>
  text.length % 4 === 0 ? fromBase64(text) : null

/** The URL-safe alphabet, without padding. */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** As `fromBase64`, in the URL-safe alphabet alone. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!base64UrlText.test(text)) return null
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
}
