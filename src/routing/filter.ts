import type { EventView, FailedLeaf } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { isJsonObject } from '../model/json.ts'
import { type Result, err, ok } from '../model/result.ts'
import { type Condition, all, bare, list, members } from './condition.ts'
import { type Looks, looksOfEvent, mostLooks, withinLooks } from './looks.ts'
import { measure } from './filter-size.ts'
import { element, member } from './json-path.ts'
import { any, not } from './logic.ts'
import { compileOperator, isOperator } from './operators.ts'

/** `null`: it matches. Otherwise where and how it first said no. `looks`: shared by all filters for an event. */
export type Filter = (view: EventView, looks?: Looks) => FailedLeaf | null

/** An event whose arrays are too large for the filter does not match, and says so. */
const tooLarge: FailedLeaf = {
  path: '',
  operator: '$limit',
  expected: mostLooks,
  actual: undefined,
}

export interface FilterError {
  /** Like `filter.data.amount.$gt`. */
  path: string
  message: string
}

/** What stands directly below the names here: the view's own fields, header names, or anything. */
type Names = 'fields' | 'headers' | 'any'

const fields = new Set(['type', 'source', 'subject', 'headers', 'data'])

/**
 * Compiles a filter once, to be asked many times. It is JSON over `{type, source, subject, headers,
 * data}`: a bare value is strict equality (against an array: "contains it"), a bare array lists what
 * an array must contain, an object nests (against an array: one single element matches all of it),
 * `$` operators compare. Header names are compared in lower case. Only own members are seen. All
 * mistakes are told at once, each with its path.
 */
export function compileFilter(filter: unknown): Result<Filter, FilterError[]> {
  const size = measure(filter)
  if (!size.ok) return err([size.error])
  if (!isJsonObject(size.value)) return err([{ path: 'filter', message: 'must be an object' }])
  const errors: FilterError[] = []
  const condition = compileObject(size.value, 'filter', 'fields', errors)
  if (errors.length > 0) return err(errors)
  return ok((view, looks = looksOfEvent()) => {
    // Sound: of a view, the conditions read only the five fields above, which are JSON or missing.
    const value = view as unknown as Json
    return withinLooks(
      looks,
      () => (condition.test(value) ? null : condition.explain(value, '')),
      tooLarge,
    )
  })
}

function compileValue(spec: Json, at: string, names: Names, errors: FilterError[]): Condition {
  if (Array.isArray(spec)) {
    const wanted = spec.map((item, i) => compileValue(item, element(at, i), 'any', errors))
    return list(wanted, spec)
  }
  return isJsonObject(spec) ? compileObject(spec, at, names, errors) : bare(spec)
}

function compileObject(
  spec: { [key: string]: Json },
  at: string,
  names: Names,
  errors: FilterError[],
): Condition {
  const conditions: Condition[] = []
  const plain: [name: string, condition: Condition][] = []
  for (const [name, operand] of Object.entries(spec)) {
    const path = member(at, name)
    if (name.startsWith('$')) {
      const condition = compileDollar(name, operand, path, names, errors)
      if (condition !== null) conditions.push(condition)
    } else if (names === 'fields' && !fields.has(name)) {
      const message = `is not a field of an event: ${[...fields].join(', ')}`
      errors.push({ path, message })
    } else {
      const below = names === 'fields' && name === 'headers' ? 'headers' : 'any'
      plain.push([
        names === 'headers' ? name.toLowerCase() : name,
        compileValue(operand, path, below, errors),
      ])
    }
  }
  if (plain.length > 0) {
    conditions.push(
      members(
        plain.map(([name]) => name),
        plain.map(([, condition]) => condition),
        spec,
      ),
    )
  }
  return all(conditions)
}

function compileDollar(
  name: string,
  operand: Json,
  path: string,
  names: Names,
  errors: FilterError[],
): Condition | null {
  const mistake = (message: string): null => {
    errors.push({ path, message })
    return null
  }
  if (name === '$and' || name === '$or') {
    if (!Array.isArray(operand)) return mistake('takes an array of filters')
    const parts = operand.map((part, i) => {
      const place = element(path, i)
      if (names !== 'any' && !isJsonObject(part)) {
        errors.push({ path: place, message: 'must be an object' })
      }
      return compileValue(part, place, names, errors)
    })
    return name === '$and' ? all(parts) : any(parts)
  }
  if (name === '$not') {
    if (!isJsonObject(operand)) return mistake('takes a filter or an object of operators')
    return not(compileObject(operand, path, names, errors), operand)
  }
  if (!isOperator(name)) return mistake('is not an operator')
  if (names === 'fields') return mistake('needs a field to compare')
  const condition = compileOperator(name, operand)
  return condition.ok ? condition.value : mistake(condition.error)
}
