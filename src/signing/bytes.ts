const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** The text's UTF-8 bytes. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** The bytes as text; what is not UTF-8 becomes U+FFFD, so never sign or send what comes out. */
export const toText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** One after the other, in bytes of their own. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
