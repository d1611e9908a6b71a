/** Which texts Twilio may have signed for a request. */

import { toText, utf8 } from '../signing/bytes.ts'
import { fromHex } from '../signing/encodings.ts'
import { equal } from '../signing/equal.ts'
import { sha256Of } from '../signing/hmac.ts'

const bodyHash = 'bodySHA256'

function isUtf8(text: string): boolean {
  try {
    return decodeURIComponent(text) !== ''
  } catch {
    return false // All that is no UTF-8 would be the same U+FFFD.
  }
}

/**
 * Whether it is as form encoders write it: other spellings of the same fields would be other bytes under the same signature. No name
 * starts with a mark, as `?bodySHA256` would, to pass off a signed query as a field.
 */
const isForm = (text: string): boolean =>
  text === '' ||
  (!/[\s\ufffd]|%(?![0-9A-F]{2})/.test(text) &&
    text.split('&').every((one) => /^(?:\w|%[C-F])[^=]*=[^=]*$/.test(one)) &&
    isUtf8(text))

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** Each field's name and value, sorted, without anything between them, and none twice; `null`: it is no form. */
function fieldsOf(body: Uint8Array): string | null {
  const text = toText(body)
  if (!isForm(text)) return null
  const fields = [...new URLSearchParams(text)]
  fields.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
  return fields
    .filter(([name, value], at) => {
      const before = fields[at - 1]
      return before?.[0] !== name || before[1] !== value
    })
    .map(([name, value]) => name + value)
    .join('')
}

const address = /^(https?:\/\/)((?:[^/?#@]*@)?)([^/?#@]*?)(:\d+)?([/?].*)?$/

/** Twilio names the port or not, whatever the URL says. */
function portsOf(url: string): string[] {
  const [, scheme, user = '', host, port, rest = ''] = address.exec(url) ?? []
  if (scheme === undefined || host === undefined) return [url]
  const standard = scheme === 'https://' ? ':443' : ':80'
  return [url, ...['', port ?? standard].map((one) => `${scheme}${user}${host}${one}${rest}`)]
}

const searchOf = (url: string): string => /\?[^#]*/.exec(url)?.[0] ?? ''

/** The URLs that may have been signed: the public one as configured, and with the query that came, in which the hash of a body stands. */
export function urlsOf(called: string, configured: string | undefined): string[] {
  if (configured === undefined) return [called]
  const asCalled = configured.replace(/[?#].*$/, '') + searchOf(called)
  return searchOf(called) === '' ? [configured] : [...new Set([configured, asCalled])]
}

async function isHashOf(hash: string, body: Uint8Array): Promise<boolean> {
  const given = hash === hash.toLowerCase() ? fromHex(hash) : null
  return given !== null && equal(given, await sha256Of(body))
}

/**
 * What was signed if it was for one of `urls`: the URL with the form's fields, or, where it holds a hash of the body that is right, the
 * URL alone. A URL with a hash is never one with a form: an empty form would do for every body then.
 */
export async function signedTexts(
  urls: readonly string[],
  body: Uint8Array,
): Promise<Uint8Array[]> {
  const texts: Uint8Array[] = []
  for (const url of urls) {
    const hash = new URLSearchParams(searchOf(url)).get(bodyHash)
    const tail = hash === null ? fieldsOf(body) : (await isHashOf(hash, body)) ? '' : null
    if (tail === null) continue
    texts.push(...[...new Set(portsOf(url))].map((one) => utf8(one + tail)))
  }
  return texts
}
