/** What a receiver takes of what a mapping yields: texts are cut, and what cannot be cut is refused with its path. */

import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { cut } from './cut.ts'
import { mappedAt, mappingInvalid } from './fields.ts'

/** `text` is cut; `exact`: a text of which a part would be of no use, as of an address; `items` of a list. */
export interface Limit {
  /** `fields.*.text`: `*` stands for each element of a list. */
  at: string
  of: 'text' | 'exact' | 'items'
  most: number
}

function held(value: Json, { of, most }: Limit, path: string): Result<Json, Stopped> {
  if (of === 'items') {
    if (!Array.isArray(value)) return err(mappingInvalid(path, 'must be a list'))
    return value.length <= most ? ok(value) : err(mappingInvalid(path, `has more than ${most}`))
  }
  if (typeof value !== 'string') return err(mappingInvalid(path, 'must be a text'))
  if (value.length <= most || of === 'text') return ok(cut(value, most))
  return err(mappingInvalid(path, `is longer than ${most} characters`))
}

function heldAt(
  value: Json,
  steps: readonly string[],
  limit: Limit,
  path: string,
): Result<Json, Stopped> {
  const [step, ...rest] = steps
  if (value === null) return ok(value)
  if (step === undefined) return held(value, limit, path)
  if (step === '*') {
    if (!Array.isArray(value)) return err(mappingInvalid(path, 'must be a list'))
    const items: Json[] = []
    for (const [i, item] of value.entries()) {
      const one = heldAt(item, rest, limit, `${path}[${i}]`)
      if (!one.ok) return one
      items.push(one.value)
    }
    return ok(items)
  }
  if (!isJsonObject(value)) return err(mappingInvalid(path, 'must be an object'))
  const member = Object.hasOwn(value, step) ? value[step] : undefined
  if (member === undefined) return ok(value)
  const one = heldAt(member, rest, limit, `${path}.${step}`)
  return one.ok ? ok({ ...value, [step]: one.value }) : one
}

/** `value` with its texts cut to the limits; `path` is where it stands in the mapping. Members that are absent or null pass. */
export function limited(
  value: Json,
  limits: readonly Limit[],
  path: string,
): Result<Json, Stopped> {
  let result = value
  for (const limit of limits) {
    const next = heldAt(result, limit.at.split('.'), limit, path)
    if (!next.ok) return next
    result = next.value
  }
  return ok(result)
}

/** A card's URL of at most `most` characters: a longer default is left out, a longer mapped one refused. */
export function urlWithin(
  message: Pick<Message, 'mapped'>,
  field: string,
  url: string | null,
  most: number,
): Result<string | null, Stopped> {
  if (url === null || url.length <= most) return ok(url)
  return mappedAt(message, field) === undefined
    ? ok(null)
    : err(mappingInvalid(field, `is longer than ${most} characters`))
}
