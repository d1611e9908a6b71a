import { isFunction } from './plain.ts'
import { type Budget, Stopped, maxNesting, maxText } from './budget.ts'

const nodesPerStep = 8
const elementsPerStep = 8
const unitsPerStep = 32

/**
 * Charges for a value to be read to its end. A value can hold the same part many times over, so that
 * thirty steps make one of a billion nodes: what is walked is paid for while it is walked.
 */
export function spendDeep(value: unknown, budget: Budget, depth = 0): void {
  if (typeof value === 'string') return spendText(value, budget)
  if (typeof value !== 'object' || value === null) return
  if (depth > maxNesting) throw new Stopped(`A value nests more than ${maxNesting} deep`)
  if (isFunction(value)) throw new Stopped('A function is used as if it were data')
  const isArray = Array.isArray(value)
  const items = isArray ? value : Object.values(value)
  budget.spend((items.length + 1) / nodesPerStep)
  for (const item of items) spendDeep(item, budget, depth + 1)
}

/** Charges for an array and the arrays within it, but not for what their objects hold. */
export function spendArray(value: readonly unknown[], budget: Budget, depth = 0): void {
  if (depth > maxNesting) throw new Stopped(`A value nests more than ${maxNesting} deep`)
  budget.spend((value.length + 1) / elementsPerStep)
  for (const item of value) if (Array.isArray(item)) spendArray(item, budget, depth + 1)
}

export function spendText(value: string, budget: Budget): void {
  if (value.length > maxText) throw new Stopped(`A text is longer than ${maxText}`)
  budget.spend(value.length / unitsPerStep)
}
