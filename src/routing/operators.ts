import { type Result, err, ok } from '../model/result.ts'
import type { Json } from '../model/json.ts'
import { compareText, equal } from './compare.ts'
import { look } from './looks.ts'
import { type Condition, leaf } from './condition.ts'

type Operator = (operand: Json) => Result<Condition, string>

/**
 * The operators that compare with a constant. None of them looks into an array's elements but
 * `$contains`: `{$eq: 3}` is not true of `[3]`. A value of another type is not an error but false.
 */
const operators = {
  $eq: (operand) => ok(leaf('$eq', operand, equalTo(operand))),
  $neq: (operand) => {
    const same = equalTo(operand)
    return ok(leaf('$neq', operand, (value) => !same(value)))
  },
  $gt: ordered('$gt', (difference) => difference > 0),
  $gte: ordered('$gte', (difference) => difference >= 0),
  $lt: ordered('$lt', (difference) => difference < 0),
  $lte: ordered('$lte', (difference) => difference <= 0),
  $in: (operand) => {
    if (!Array.isArray(operand)) return err('takes an array of values')
    return ok(leaf('$in', operand, oneOf(operand)))
  },
  $nin: (operand) => {
    if (!Array.isArray(operand)) return err('takes an array of values')
    const listed = oneOf(operand)
    return ok(leaf('$nin', operand, (value) => !listed(value)))
  },
  $startsWith: textual('$startsWith', (value, operand) => value.startsWith(operand)),
  $endsWith: textual('$endsWith', (value, operand) => value.endsWith(operand)),
  $contains: (operand) => {
    const isIt = equalTo(operand)
    return ok(
      leaf('$contains', operand, (value) => {
        if (typeof value === 'string') return typeof operand === 'string' && value.includes(operand)
        if (!Array.isArray(value)) return false
        look(value.length)
        return value.some(isIt)
      }),
    )
  },
  $exists: exists,
  /** As Hookdeck writes it. */
  $exist: exists,
} satisfies Record<string, Operator>

export type OperatorName = keyof typeof operators

export const isOperator = (name: string): name is OperatorName => Object.hasOwn(operators, name)

/** The operator with its operand; an error says what the operand should have been. */
export const compileOperator = (name: OperatorName, operand: Json): Result<Condition, string> =>
  operators[name](operand)

function equalTo(operand: Json): (value: Json | undefined) => boolean {
  if (typeof operand !== 'object' || operand === null) return (value) => value === operand
  return (value) => equal(value, operand)
}

function oneOf(operand: readonly Json[]): (value: Json | undefined) => boolean {
  const scalars = new Set(operand.filter((item) => typeof item !== 'object' || item === null))
  const containers = operand.filter((item) => typeof item === 'object' && item !== null)
  return (value) => {
    if (value === undefined) return false
    if (typeof value !== 'object' || value === null) return scalars.has(value)
    for (const container of containers) if (equal(value, container)) return true
    return false
  }
}

function ordered(name: string, holds: (difference: number) => boolean): Operator {
  return (operand) => {
    if (typeof operand === 'number') {
      return ok(leaf(name, operand, (value) => typeof value === 'number' && holds(value - operand)))
    }
    if (typeof operand === 'string') {
      return ok(
        leaf(name, operand, (value) => {
          return typeof value === 'string' && holds(compareText(value, operand))
        }),
      )
    }
    return err('takes a number or a string')
  }
}

function textual(name: string, holds: (value: string, operand: string) => boolean): Operator {
  return (operand) => {
    if (typeof operand !== 'string') return err('takes a string')
    return ok(leaf(name, operand, (value) => typeof value === 'string' && holds(value, operand)))
  }
}

function exists(operand: Json): Result<Condition, string> {
  if (typeof operand !== 'boolean') return err('takes true or false')
  return ok(leaf('$exists', operand, (value) => (value !== undefined) === operand))
}
