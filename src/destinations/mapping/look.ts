import { isJsonObject } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'

type Path = readonly (string | number)[]

/** What stands at `path`, own members only; `undefined` where there is nothing. */
export function at(data: Json | undefined, path: Path): Json | undefined {
  let value = data
  for (const step of path) {
    if (typeof step === 'number' && Array.isArray(value)) value = value[step]
    else if (isJsonObject(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}

/** The text or number at `path` as text; `undefined` for anything else, and for an empty one. */
export function textAt(data: Json | undefined, path: Path): string | undefined {
  const value = at(data, path)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The first of these that is there. */
export const firstTextAt = (
  data: Json | undefined,
  ...paths: readonly Path[]
): string | undefined => paths.map((path) => textAt(data, path)).find((text) => text !== undefined)

export function numberAt(data: Json | undefined, path: Path): number | undefined {
  const value = at(data, path)
  return typeof value === 'number' ? value : undefined
}

/** A value as people read it. */
export const shown = (value: Json | undefined): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
