import type { FailedLeaf } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { equal, own } from './compare.ts'
import { element, member } from './json-path.ts'
import { look } from './looks.ts'
import { preview } from './preview.ts'

/** A part of a filter, compiled. `undefined` stands for what is not there. */
export interface Condition {
  /** Makes nothing on the way, so that millions of these can be asked each second. */
  test(value: Json | undefined): boolean
  /** Why `test` said no. Asked only when it did; `path` is where `value` was found. */
  explain(value: Json | undefined, path: string): FailedLeaf
}

/** A condition with only itself to name when it does not hold. */
export function leaf(
  operator: string,
  expected: Json,
  test: (value: Json | undefined) => boolean,
): Condition {
  return {
    test,
    explain: (value, path) => ({
      path,
      operator,
      expected: preview(expected),
      actual: preview(value),
    }),
  }
}

/** A bare value: equal to it, or an array that holds it. */
export function bare(expected: null | boolean | number | string): Condition {
  const isIt = leaf('$eq', expected, (value) => value === expected)
  const holds = (value: Json | undefined): boolean => {
    if (!Array.isArray(value)) return false
    look(value.length)
    return value.includes(expected)
  }
  const holdsIt = leaf('$contains', expected, holds)
  return {
    test: (value) => value === expected || holds(value),
    explain: (value, path) => (Array.isArray(value) ? holdsIt : isIt).explain(value, path),
  }
}

/** A bare array: an array in which each of `wanted` holds for some element. */
export function list(wanted: readonly Condition[], expected: readonly Json[]): Condition {
  const holds = (value: readonly Json[], one: Condition): boolean => {
    look(value.length)
    for (const item of value) if (one.test(item)) return true
    return false
  }
  return {
    test(value) {
      if (!Array.isArray(value)) return false
      for (const one of wanted) if (!holds(value, one)) return false
      return true
    },
    explain(value, path) {
      const missing = Array.isArray(value) ? wanted.findIndex((one) => !holds(value, one)) : -1
      const first = missing === -1 ? [...expected] : (expected[missing] ?? null)
      return { path, operator: '$contains', expected: preview(first), actual: preview(value) }
    },
  }
}

/** Named members that must hold together; in an array, within one single element. */
export function members(
  names: readonly string[],
  conditions: readonly Condition[],
  expected: Json,
): Condition {
  /** How many hold before the first that does not. */
  const held = (value: Json | undefined): number => {
    for (let i = 0; i < names.length; i++) {
      if (conditions[i]?.test(own(value, names[i] ?? '')) === false) return i
    }
    return names.length
  }
  const isObject = (value: Json): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const explainOne = (value: Json | undefined, path: string): FailedLeaf => {
    const first = held(value)
    const name = names[first] ?? ''
    const condition = conditions[first]
    if (condition === undefined)
      return leaf('$eq', expected, equalTo(expected)).explain(value, path)
    return condition.explain(own(value, name), member(path, name))
  }
  return {
    test(value) {
      if (!Array.isArray(value)) return held(value) === names.length
      look(value.length)
      for (const item of value) if (isObject(item) && held(item) === names.length) return true
      return false
    },
    explain(value, path) {
      if (!Array.isArray(value)) return explainOne(value, path)
      const nearest = nearestOf(value, (item) => (isObject(item) ? held(item) : -1))
      if (nearest !== -1) return explainOne(value[nearest], element(path, nearest))
      return leaf('$contains', expected, equalTo(expected)).explain(value, path)
    },
  }
}

const equalTo = (expected: Json) => (value: Json | undefined) => equal(value, expected)

/** The first element with the highest score; -1 where none has one. It tells most about a miss. */
function nearestOf(value: readonly Json[], score: (item: Json) => number): number {
  let best = -1
  let highest = -1
  look(value.length)
  for (const [index, item] of value.entries()) {
    const its = score(item)
    if (its > highest) {
      best = index
      highest = its
    }
  }
  return best
}

/** All of them, on the same value. */
export function all(conditions: readonly Condition[]): Condition {
  const [only] = conditions
  if (only !== undefined && conditions.length === 1) return only
  return {
    test(value) {
      for (const condition of conditions) if (!condition.test(value)) return false
      return true
    },
    explain(value, path) {
      const failed = conditions.find((condition) => !condition.test(value))
      return failed === undefined
        ? { path, operator: '$and', expected: [], actual: preview(value) }
        : failed.explain(value, path)
    },
  }
}
