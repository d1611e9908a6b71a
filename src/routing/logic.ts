import type { FailedLeaf } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import { own } from './compare.ts'
import type { Condition } from './condition.ts'
import { member } from './json-path.ts'
import { preview } from './preview.ts'

/**
 * At least one of them. A miss is told by what every alternative missed: where all of them missed
 * at one place, that place with what each expected; otherwise the places with what stood there.
 * A single alternative speaks for itself.
 */
export function any(conditions: readonly Condition[]): Condition {
  return {
    test(value) {
      for (const condition of conditions) if (condition.test(value)) return true
      return false
    },
    explain(value, path) {
      const [first, ...others] = conditions.map((condition) => condition.explain(value, path))
      if (first === undefined) return missed(path, [], preview(value))
      if (others.length === 0) return first
      const leaves = [first, ...others]
      if (others.every((other) => other.path === first.path)) {
        return missed(first.path, leaves.map(expectation), first.actual)
      }
      const found = leaves.map((leaf) => [leaf.path, leaf.actual ?? null] as const)
      return missed(path, leaves.map(expectation), preview(Object.fromEntries(found)))
    },
  }
}

function missed(path: string, expected: Json[], actual: Json | undefined): FailedLeaf {
  return { path: path === '' ? '$or' : path, operator: '$or', expected: preview(expected), actual }
}

const expectation = ({ path, operator, expected }: FailedLeaf): Json =>
  operator === '$eq' ? expected : { path, operator, expected }

/** The opposite. It has no failing leaf of its own, so it names the place and what it forbids. */
export function not(condition: Condition, forbidden: Json): Condition {
  return {
    test: (value) => !condition.test(value),
    explain(value, path) {
      let [at, inner, place]: [Json | undefined, Json, string] = [value, forbidden, path]
      // A chain of single names leads to the place that is meant.
      while (isJsonObject(inner)) {
        const [name, ...more] = Object.keys(inner)
        if (name === undefined || more.length > 0 || name.startsWith('$')) break
        inner = inner[name] ?? null
        at = own(at, name)
        place = member(place, name)
      }
      const actual = place === '' ? undefined : preview(at)
      return {
        path: place === '' ? '$not' : place,
        operator: '$not',
        expected: preview(inner),
        actual,
      }
    },
  }
}
