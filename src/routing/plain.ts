import type { Json } from '../model/json.ts'
import { type Result, err, ok } from '../model/result.ts'
import { maxNesting, maxResultBytes } from './budget.ts'

class NotPlain extends Error {}

/**
 * What an expression answered, as plain JSON: a new value without the marks that JSONata leaves on
 * its arrays. A function, an infinite number or something too large is an error; members and
 * elements without a value are left out, as JSONata means them.
 */
export function toPlain(value: unknown): Result<Json | undefined, string> {
  let size = 0
  function grow(by: number): void {
    size += by
    if (size > maxResultBytes)
      throw new NotPlain(`The result is larger than ${maxResultBytes} bytes`)
  }
  function visit(item: unknown, depth: number): Json | undefined {
    grow(1)
    if (depth > maxNesting) throw new NotPlain(`The result nests more than ${maxNesting} deep`)
    if (item === null || typeof item === 'boolean' || item === undefined) return item
    if (typeof item === 'string') {
      grow(item.length)
      return item
    }
    if (typeof item === 'number') {
      if (Number.isFinite(item)) return item
      throw new NotPlain('The result holds a number that JSON cannot hold')
    }
    if (typeof item !== 'object' || isFunction(item)) {
      throw new NotPlain('The result holds a function')
    }
    if (Array.isArray(item)) {
      return item.map((part) => visit(part, depth + 1)).filter((part) => part !== undefined)
    }
    const entries: [string, Json][] = []
    for (const [name, part] of Object.entries(item)) {
      grow(name.length)
      const plain = visit(part, depth + 1)
      if (plain !== undefined) entries.push([name, plain])
    }
    return Object.fromEntries(entries)
  }
  try {
    return ok(visit(value, 0))
  } catch (error) {
    if (error instanceof NotPlain) return err(error.message)
    throw error
  }
}

/** How JSONata knows its functions; an event that looks like one is not taken for data either. */
export const isFunction = (value: object): boolean =>
  ('_jsonata_function' in value && value._jsonata_function === true) ||
  ('_jsonata_lambda' in value && value._jsonata_lambda === true)

/**
 * A private copy: JSONata writes marks into the arrays that it is given (`data.items[]`, `data.none{}`)
 * and a position into what is called by mistake, and the event is read by others after it.
 */
export function copy<T extends Json | undefined>(value: T): T
export function copy(value: Json | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => copy(item))
  const copied: { [name: string]: Json } = {}
  for (const name of Object.keys(value)) {
    const item = copy(value[name] ?? null)
    if (name === '__proto__') Object.defineProperty(copied, name, { ...visible, value: item })
    else copied[name] = item
  }
  return copied
}

const visible = { enumerable: true, configurable: true, writable: true }
