/** Reading what a mapping came to, and refusing what a receiver could not take. */

import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'

/** An event that cannot be said in the receiver's terms: dead, for no retry would change that. */
export const mappingInvalid = (path: string, problem: string): Stopped => ({
  outcome: { kind: 'refused', cause: 'mapping_invalid' },
  error: `mapping.${path}: ${problem}`,
})

/** What is thrown while a request is made of data that are nested so deeply that nothing here or there can write them. */
export const tooDeep = (error: unknown): Stopped | null =>
  error instanceof RangeError
    ? {
        outcome: { kind: 'refused', cause: 'mapping_invalid' },
        error: 'mapping: what is to be sent is nested too deeply.',
      }
    : null

/** The mapping's value for a field; `undefined` where the default is to be taken. */
export const mappedAt = ({ mapped }: Pick<Message, 'mapped'>, field: string): Json | undefined =>
  Object.hasOwn(mapped, field) ? mapped[field] : undefined

/** The mapping's value for a field that is no text: `null` where it leaves the field out, else the default. */
export function valueField(message: Pick<Message, 'mapped'>, field: string, byDefault: Json): Json {
  const value = mappedAt(message, field)
  return value === undefined ? byDefault : value
}

/** A text, from text, number or boolean; `null` and an empty text are none. */
export function textField(
  message: Pick<Message, 'mapped'>,
  field: string,
  byDefault: string | null,
): Result<string | null, Stopped> {
  const value = mappedAt(message, field)
  if (value === undefined) return ok(byDefault)
  if (value === null || value === '') return ok(null)
  if (typeof value === 'string') return ok(value)
  if (typeof value === 'number' || typeof value === 'boolean') return ok(String(value))
  return err(mappingInvalid(field, 'must be a text'))
}

/** An http(s) URL; `null`: there is none. A default that is none is left out, a mapped one is refused. */
export function urlField(
  message: Pick<Message, 'mapped'>,
  field: string,
  byDefault: string | null,
): Result<string | null, Stopped> {
  const text = textField(message, field, byDefault)
  if (!text.ok || text.value === null) return text
  if (isWebUrl(text.value)) return text
  return mappedAt(message, field) === undefined
    ? ok(null)
    : err(mappingInvalid(field, 'must be an http or https URL'))
}

export function isWebUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol)
}

/** A number; `null`: there is none. */
export function numberField(
  message: Pick<Message, 'mapped'>,
  field: string,
  byDefault: number | null,
): Result<number | null, Stopped> {
  const value = mappedAt(message, field)
  if (value === undefined) return ok(byDefault)
  if (value === null || value === '') return ok(null)
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number)
    ? ok(number)
    : err(mappingInvalid(field, 'must be a number'))
}
