import type { Json } from '../model/json.ts'
import { type Result, err, ok } from '../model/result.ts'
import { element, member } from './json-path.ts'

/** How deep a filter may nest, and how many scalars (or empty containers) it may hold. */
export const maxFilterDepth = 20
export const maxFilterLeaves = 500

interface Mistake {
  path: string
  message: string
}

/** The filter as JSON, if it is that and not larger than the limits. */
export function measure(filter: unknown): Result<Json, Mistake> {
  let leaves = 0
  function visit(value: unknown, path: string, depth: number): Mistake | null {
    if (depth > maxFilterDepth) {
      return { path, message: `is nested more than ${maxFilterDepth} deep` }
    }
    if (typeof value === 'object' && value !== null) {
      const isArray = Array.isArray(value)
      const entries = Object.entries(value)
      for (const [name, item] of entries) {
        const at = isArray ? element(path, Number(name)) : member(path, name)
        const mistake = visit(item, at, depth + 1)
        if (mistake !== null) return mistake
      }
      if (entries.length > 0) return null
    } else if (!isScalar(value)) {
      return { path, message: 'is not JSON' }
    }
    leaves++
    if (leaves <= maxFilterLeaves) return null
    return { path: 'filter', message: `has more than ${maxFilterLeaves} values` }
  }
  const mistake = visit(filter, 'filter', 0)
  // Sound: every part of it was looked at.
  return mistake === null ? ok(filter as Json) : err(mistake)
}

const isScalar = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value))
