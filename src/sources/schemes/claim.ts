/**
 * Signed requests as data: where the signature and the time stand, how they are written, and which bytes were
 * signed. Most of the world's webhooks differ in nothing else.
 */

import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Refusal } from '../../model/refusal.ts'
import { utf8 } from '../../signing/bytes.ts'
import { fromBase64Url, fromHex, fromPaddedBase64 } from '../../signing/encodings.ts'
import type { SourceRequest, World } from '../source.ts'
import { has, idTakesMore, urlTakesMore } from './template.ts'
import type { Slot, Template } from './template.ts'
import { timestampProblem } from './timestamp.ts'
import type { TimestampUnit } from './timestamp.ts'

const decoders = {
  hex: fromHex,
  /** As nearly all providers write it. One signature, one text. */
  'lower-hex': (text: string) => (/^[0-9a-f]*$/.test(text) ? fromHex(text) : null),
  /** With its padding: a signature without its end is none. */
  base64: fromPaddedBase64,
  /** Padded or not, for senders of both kinds. */
  base64url: fromBase64Url,
  /** Without padding, as for senders that never write it. */
  'unpadded-base64url': (text: string) => (text.includes('=') ? null : fromBase64Url(text)),
} as const

export interface Signing {
  /** Lower case. */
  header: string
  encoding: keyof typeof decoders
  /** In front of each signature, `sha256=`. Where there are several items, those without it are passed over. */
  prefix?: string
  /** Between several signatures or fields of the header. */
  itemSeparator?: string
  /** The names of `name=value` items: `t` and `v1`. */
  fields?: { timestamp?: string; signature: string }
  /** Whether white space around items means nothing. */
  trim?: boolean
  signed: Template
  /** `header`: where the time stands unless it is one of the `fields`. */
  timestamp?: { header?: string; unit: TimestampUnit; toleranceS: number }
  idHeader?: string
  /** The public URL, where it is signed and is not the one called. */
  url?: string
}

interface Claim {
  /** All that the header offers, each of the algorithm's length. */
  signatures: Uint8Array[]
  /** What stands in the places of the template. */
  values: Record<Slot, Uint8Array>
  /** Why its time is not near enough; `null`: it is. To be said only once the signature has been looked at. */
  late: Refusal | null
}

/** A header's value; an empty one is missing. */
export function headerOf(request: SourceRequest, name: string): Result<string, Refusal> {
  const value = request.headers.get(name)
  if (value === null || value === '') return err({ reason: 'missing_header', header: name })
  return ok(value)
}

function itemsOf(value: string, { itemSeparator, fields, trim }: Signing): string[] {
  const separator = itemSeparator ?? (fields === undefined ? null : ',')
  const items = separator === null ? [value] : value.split(separator)
  return trim === true ? items.map((item) => item.trim()) : items
}

/** The values of all items `name=value`. */
const valuesOf = (items: string[], name: string): string[] =>
  items.filter((item) => item.startsWith(`${name}=`)).map((item) => item.slice(name.length + 1))

function timestampOf(
  request: SourceRequest,
  items: string[],
  signing: Signing,
): Result<{ text: string; header: string }, Refusal> {
  const header = signing.timestamp?.header
  if (header !== undefined) {
    const value = headerOf(request, header)
    return value.ok ? ok({ text: value.value, header }) : value
  }
  const field = signing.fields?.timestamp
  const [text, second] = field === undefined ? [] : valuesOf(items, field)
  // Two times would let one be checked and the other be signed.
  if (text === undefined || second !== undefined) {
    return err({ reason: 'malformed_header', header: signing.header })
  }
  return ok({ text, header: signing.header })
}

/** What the request claims, once its headers are well formed. Proves nothing yet. */
export function readClaim(
  request: SourceRequest,
  signing: Signing,
  signatureLength: number,
  world: World,
): Result<Claim, Refusal> {
  const header = headerOf(request, signing.header)
  if (!header.ok) return header
  const items = itemsOf(header.value, signing)
  const offered = signing.fields === undefined ? items : valuesOf(items, signing.fields.signature)
  const prefix = signing.prefix ?? ''
  const signatures = offered
    .filter((text) => text.startsWith(prefix))
    .map((text) => decoders[signing.encoding](text.slice(prefix.length)))
    .filter((signature) => signature?.length === signatureLength)
    .filter((signature) => signature !== null)
  if (signatures.length === 0) return err({ reason: 'malformed_header', header: signing.header })

  let timestamp = ''
  let late: Refusal | null = null
  if (signing.timestamp !== undefined) {
    const found = timestampOf(request, items, signing)
    if (!found.ok) return found
    const { text, header } = found.value
    const problem = timestampProblem(text, header, signing.timestamp, world.nowMs)
    if (problem?.reason === 'timestamp_malformed') return err(problem)
    late = problem
    timestamp = text
  }

  let id = ''
  if (signing.idHeader !== undefined) {
    const found = headerOf(request, signing.idHeader)
    if (!found.ok) return found
    id = found.value
    if (idTakesMore(signing.signed, id)) {
      return err({ reason: 'malformed_header', header: signing.idHeader })
    }
  }

  const url = signing.url ?? request.url
  if (has(signing.signed, 'url') && urlTakesMore(url)) return err({ reason: 'signature_mismatch' })

  const values = {
    id: utf8(id),
    timestamp: utf8(timestamp),
    body: request.body,
    url: utf8(url),
    method: utf8(request.method),
  }
  return ok({ signatures, values, late })
}
