import { toText } from '../../signing/bytes.ts'

/**
 * Forms whose signature is over the decoded fields, so that it holds for every way to write them. Only one way is taken, the
 * usual one: else a body could be changed under its signature. `%2F` is written in capitals, a space never as itself, and
 * nothing is empty or left open.
 */
const badlyWritten = /[^\x21-\x7e]|%(?![0-9A-F]{2})/

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null // Not UTF-8.
  }
}

/** The fields in their order; `null` where the body is written in any other way. */
export function signedFormOf(body: Uint8Array): [name: string, value: string][] | null {
  const text = toText(body)
  if (badlyWritten.test(text)) return null
  const fields: [string, string][] = []
  for (const field of text.split('&')) {
    const equals = field.indexOf('=')
    const name = decoded(field.slice(0, Math.max(equals, 0)))
    const value = decoded(field.slice(equals + 1))
    if (name === null || name === '' || value === null) return null
    fields.push([name, value])
  }
  return fields
}
