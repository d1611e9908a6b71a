/** Reading a body. Only what has been proved may be read: nothing here is called before. */

import { parseJson, valueAt } from '../model/json.ts'
import type { Json, JsonPath } from '../model/json.ts'
import { toText, utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { sha256 } from '../signing/hmac.ts'
import type { SourceRequest } from './source.ts'

export { valueAt } from '../model/json.ts'
export type { JsonPath } from '../model/json.ts'

const maxTypeLength = 200
const maxKeyLength = 256
const unfit = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * The fields of a form or a query. Node's own parser takes the square of the time for fields
 * without `=`, which mean the same as those with nothing behind it.
 */
export function fieldsIn(text: string): URLSearchParams {
  const fields = text.split('&').filter((field) => field !== '')
  return new URLSearchParams(
    fields.map((field) => (field.includes('=') ? field : `${field}=`)).join('&'),
  )
}

/** The body's form fields; `null` where the request says it is something else. */
export function formOf({ headers, body }: SourceRequest): URLSearchParams | null {
  const contentType = headers.get('content-type')?.toLowerCase()
  const isForm = contentType?.startsWith('application/x-www-form-urlencoded') === true
  return isForm ? fieldsIn(toText(body)) : null
}

/** The JSON of a body, or of the form field `payload` in which some senders put it. */
export function jsonOrPayload(request: SourceRequest): Json | undefined {
  const form = formOf(request)
  return parseJson(form === null ? request.body : utf8(form.get('payload') ?? ''))
}

/** The text at `path`; `undefined` for anything else, and for an empty one. */
export function textAt(json: Json | undefined, ...path: JsonPath): string | undefined {
  const value = valueAt(json, path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The text or number at `path`; `null` for what is none, and could nest as deep as it likes. */
export function scalarAt(json: Json | undefined, ...path: JsonPath): string | number | null {
  const value = valueAt(json, path)
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

/** An event's type from the sender's words, the first that is there; `unknown` where none can be a name. */
export function typeFrom(...names: (string | null | undefined)[]): string {
  const name = names.find((name) => name !== null && name !== undefined && name !== '') ?? ''
  // Types go into headers, patterns and indexes: no line breaks, no half characters, no essays.
  const isName = name !== '' && name.length <= maxTypeLength && !unfit.test(name)
  return isName ? name : 'unknown'
}

/** `name`, with the action after a dot where there is one. */
export const withAction = (name: string | null, action: string | undefined): string =>
  typeFrom(name === null || action === undefined ? name : `${name}.${action}`, name)

/** A dedupe key from the sender's id. One too long to be kept as it is becomes its digest. */
export function keyFrom(id: string | null | undefined): string | null {
  if (id === null || id === undefined || id === '') return null
  return id.length > maxKeyLength ? `sha256:${toHex(sha256(utf8(id)))}` : id
}

/** A dedupe key for a body that names nothing to tell it by. */
export const bodyDigest = (body: Uint8Array): string => `sha256:${toHex(sha256(body))}`
