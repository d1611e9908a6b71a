import type { Json } from '../model/json.ts'
import { Stopped, maxNesting, maxResultBytes } from './budget.ts'

/**
 * What an expression answered, as plain JSON: a new value without the marks that JSONata leaves on
 * its arrays. A function, an infinite number or something too large is refused; members and
 * elements without a value are left out, as JSONata means them.
 */
export function toPlain(value: unknown): Json | undefined {
  // Counts at most what the JSON will measure: an element with its comma, a member with its name.
  let size = 0
  function grow(by: number): void {
    size += by
    if (size > maxResultBytes)
      throw new Stopped(`The result is larger than ${maxResultBytes} bytes`)
  }
  function visit(item: unknown, depth: number): Json | undefined {
    grow(2)
    if (depth > maxNesting) throw new Stopped(`The result nests more than ${maxNesting} deep`)
    if (item === null || typeof item === 'boolean' || item === undefined) return item
    if (typeof item === 'string') {
      grow(item.length)
      return item
    }
    if (typeof item === 'number') {
      if (Number.isFinite(item)) return item
      throw new Stopped('The result holds a number that JSON cannot hold')
    }
    if (typeof item !== 'object' || isFunction(item)) {
      throw new Stopped('The result holds a function')
    }
    if (Array.isArray(item)) {
      return item.map((part) => visit(part, depth + 1)).filter((part) => part !== undefined)
    }
    const entries: [string, Json][] = []
    for (const [name, part] of Object.entries(item)) {
      grow(name.length + 3)
      const plain = visit(part, depth + 1)
      if (plain !== undefined) entries.push([name, plain])
    }
    return Object.fromEntries(entries)
  }
  return visit(value, 0)
}

/** How JSONata knows its functions; an event that looks like one is not taken for data either. */
export const isFunction = (value: object): boolean =>
  ('_jsonata_function' in value && value._jsonata_function === true) ||
  ('_jsonata_lambda' in value && value._jsonata_lambda === true)

/**
 * A private copy: JSONata writes marks into the arrays that it is given (`data.items[]`, `data.none{}`)
 * and a position into what is called by mistake, and the event is read by others after it.
 */
export function copy(value: Json, depth = 0): Json {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxNesting) throw new Stopped(`The event nests more than ${maxNesting} deep`)
  if (Array.isArray(value)) return value.map((item) => copy(item, depth + 1))
  const copied: { [name: string]: Json } = {}
  for (const name of Object.keys(value)) {
    const item = copy(value[name] ?? null, depth + 1)
    if (name === '__proto__') Object.defineProperty(copied, name, { ...visible, value: item })
    else copied[name] = item
  }
  return copied
}

const visible = { enumerable: true, configurable: true, writable: true }
