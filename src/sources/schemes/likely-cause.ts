import { isJsonObject, parseJson } from '../../model/json.ts'
import { nestsDeeperThan } from '../../model/raw-json.ts'
import type { LikelyCause, Refusal } from '../../model/refusal.ts'
import { toText, utf8 } from '../../signing/bytes.ts'
import { fromBase64, fromBase64Url, fromHex, toBase64, toHex } from '../../signing/encodings.ts'

/** What a signature may be of: the request's own parts, or one of them written in another way. */
export interface Attempted {
  key: Uint8Array
  body: Uint8Array
  url: string
}

/** Guessing is for people who set a source up. Beyond this a forger would buy work with it. */
const largestBody = 16_384
const mostKeys = 2

const escaped = (json: string): string =>
  json.replaceAll(
    /[\u0080-\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** The same JSON as others write it: compact, escaped, in PHP's and Python's ways, in lines. */
function otherBodies(body: Uint8Array): Uint8Array[] {
  const text = toText(body)
  const json = parseJson(body)
  const written = [text.trimEnd(), `${text}\n`, text.replaceAll('\r\n', '\n')]
  // Writing anew recurses: what nests deep is left as it is.
  const isWritable = (isJsonObject(json) || Array.isArray(json)) && !nestsDeeperThan(body, 64)
  if (isWritable) {
    const compact = JSON.stringify(json)
    const spaced = JSON.stringify(json, null, 1).replaceAll(/\n */g, ' ')
    // Python puts a space behind each comma and colon, and none inside of brackets.
    const python = spaced.replaceAll(/([[{]) | ([\]}])/g, '$1$2')
    const lines = [JSON.stringify(json, null, 2), JSON.stringify(json, null, 4)]
    written.push(compact, escaped(compact), compact.replaceAll('/', '\\/'))
    written.push(escaped(compact).replaceAll('/', '\\/'), python, escaped(python), ...lines)
  }
  return [...new Set(written)].filter((other) => other !== text).map(utf8)
}

/** The secret's text decoded, and the text that it could have been decoded from. */
function otherKeys(key: Uint8Array): Uint8Array[] {
  const text = toText(key)
  const bare = text.trim().replace(/^(?:whsec_|sk_|base64:)/, '')
  const read = [fromBase64(bare), fromBase64Url(bare), fromHex(bare), utf8(bare), utf8(text.trim())]
  const encoded = toBase64(key)
  const unread = [encoded, `whsec_${encoded}`, toHex(key)].map(utf8)
  const others = [...read, ...unread].filter((other) => other !== null)
  return others.filter((other) => other.length > 0 && toText(other) !== text)
}

/** The URL as a proxy or a slip would have it. */
export function otherUrls(url: string): string[] {
  const others: string[] = []
  for (const form of [url, url.replace(/^http:/, 'https:'), url.replace(/^https:/, 'http:')]) {
    const [path = '', query] = form.split('?', 2)
    const slashed = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
    others.push(form, path, query === undefined ? slashed : `${slashed}?${query}`)
    others.push(form.replace(/^(https?:\/\/[^/:?]+):\d+/, '$1'))
  }
  return [...new Set(others)].filter((other) => other !== url)
}

/**
 * Why a signature that fits nothing may not fit, to be spread into the refusal: the first way of reading the request under which
 * `fits` says that it does. `url: null` where no URL is signed. Bounded, and not tried for large bodies.
 */
export async function likelyCauseOf(
  given: { keys: readonly Uint8Array[]; body: Uint8Array; url: string | null },
  fits: (attempted: Attempted) => boolean | Promise<boolean>,
): Promise<{ likely_cause?: LikelyCause }> {
  if (given.body.length > largestBody) return {}
  const { body } = given
  const url = given.url ?? ''
  for (const key of given.keys.slice(0, mostKeys)) {
    const tries: [LikelyCause, Attempted[]][] = [
      ['secret_of_another_kind', otherKeys(key).map((other) => ({ key: other, body, url }))],
      [
        'url_differs',
        given.url === null ? [] : otherUrls(url).map((other) => ({ key, body, url: other })),
      ],
      ['body_was_changed', otherBodies(body).map((other) => ({ key, body: other, url }))],
    ]
    for (const [likely_cause, attempts] of tries) {
      for (const attempted of attempts) if (await fits(attempted)) return { likely_cause }
    }
  }
  return {}
}

/** A refusal for its time of a request that is genuine otherwise. */
export const skewed = (late: Refusal): Refusal =>
  late.reason === 'timestamp_outside_tolerance' ? { ...late, likely_cause: 'clock_skew' } : late
