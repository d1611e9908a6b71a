import * as z from 'zod'
import { parseJson } from '../../model/json.ts'
import { valueAt } from '../payload.ts'
import type { JsonPath } from '../payload.ts'
import type { SourceRequest } from '../source.ts'

const header = /^header:([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/
const body = /^body:\$?((?:\.?[^\s.[\]$]+|\[\d+\])*)$/
const step = /\[(\d+)\]|[^.[\]]+/g

type Place = { in: 'header'; name: string } | { in: 'body'; path: JsonPath }

function parsePlace(text: string): Place | null {
  const name = header.exec(text)?.[1]
  if (name !== undefined) return { in: 'header', name }
  const path = body.exec(text)?.[1]
  if (path === undefined || path === '') return null
  const steps = [...path.matchAll(step)]
  return {
    in: 'body',
    path: steps.map(([key, index]) => (index === undefined ? key : Number(index))),
  }
}

/** Where a text of the request stands: `header:x-event` or `body:$.data.items[0].id`. */
export const Locator = z
  .string()
  .max(500)
  .refine((text) => parsePlace(text) !== null, { error: '"header:<name>" or "body:$.<path>"' })

/** The text there; `undefined` where there is none. Read only what has been proved. */
export function locate(request: SourceRequest, locator: string): string | undefined {
  const place = parsePlace(locator)
  if (place === null) return undefined
  if (place.in === 'header') return request.headers.get(place.name) ?? undefined
  const value = valueAt(parseJson(request.body), place.path)
  if (typeof value === 'string') return value
  // Beyond that, two ids could have been read as the same number.
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
}
