import { valueAt } from '../../model/json.ts'
import type { Json, JsonPath } from '../../model/json.ts'

export { valueAt as at } from '../../model/json.ts'

/** The text or number at `path` as text; `undefined` for anything else, and for an empty one. */
export function textAt(data: Json | undefined, path: JsonPath): string | undefined {
  const value = valueAt(data, path)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The first of these that is there. */
export const firstTextAt = (
  data: Json | undefined,
  ...paths: readonly JsonPath[]
): string | undefined => paths.map((path) => textAt(data, path)).find((text) => text !== undefined)

export function numberAt(data: Json | undefined, path: JsonPath): number | undefined {
  const value = valueAt(data, path)
  return typeof value === 'number' ? value : undefined
}

/** A value as people read it. */
export const shown = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
