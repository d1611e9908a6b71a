import { type Budget, Stopped, maxSequence, maxText } from './budget.ts'
import { type Focus, type Native, nativeFunctions } from './jsonata-inside.ts'
import { checkArguments } from './native-limits.ts'
import { spendArray, spendDeep, spendText } from './weigh.ts'

export type BudgetOf = (environment: Focus['environment']) => Budget

/** They read their arguments to the end, or copy two levels of them. */
const deep = new Set(['string', 'clone', 'join', 'distinct', 'merge', 'spread', 'keys'])
/** They visit each member of an object. */
const memberwise = new Set(['each', 'sift'])

/**
 * JSONata's functions, each of which pays for its arguments before it works and has its result
 * checked, under the same name, signature and parameter names. Texts go to base64 by `btoa`, because
 * JSONata takes it from a `window` or from Node. Without `$eval`, which would make programs out of data.
 */
export function guardedNatives(budgetOf: BudgetOf): Map<string, Native> {
  const originals = nativeFunctions()
  const guarded = new Map<string, Native>()
  for (const [name, native] of originals) {
    const own = replacements[name]
    guarded.set(name, guard(name, own === undefined ? native : { ...native, implementation: own }))
  }
  // JSONata's own `$now` and `$millis` would answer the time of whichever evaluation began last.
  guarded.set('now', {
    _jsonata_function: true,
    implementation(picture, timezone) {
      const now = this.environment.base.timestamp.getTime()
      if (!isOptionalText(picture) || !isOptionalText(timezone)) {
        throw new Stopped('$now takes a picture and a timezone, which are strings')
      }
      return guarded.get('fromMillis')?.implementation.call(this, now, picture, timezone)
    },
  })
  guarded.set('millis', {
    _jsonata_function: true,
    implementation() {
      return this.environment.base.timestamp.getTime()
    },
  })
  return guarded

  function guard(name: string, native: Native): Native {
    const { implementation } = native
    function guardedImplementation(this: Focus, ...args: unknown[]): unknown {
      const budget = budgetOf(this.environment)
      for (const argument of args) spendArgument(name, argument, budget)
      checkArguments(name, args, budget)
      const result = implementation.apply(this, args)
      return result instanceof Promise ? result.then(checkResult) : checkResult(result)
    }
    // JSONata reads a function's parameters from its text and its number of them from `length`.
    Object.defineProperty(guardedImplementation, 'length', { value: implementation.length })
    Object.defineProperty(guardedImplementation, 'toString', {
      value: () => implementation.toString(),
    })
    return { ...native, implementation: guardedImplementation }
  }
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string'

function spendArgument(name: string, argument: unknown, budget: Budget): void {
  if (typeof argument === 'number' && !Number.isFinite(argument)) {
    throw new Stopped(`$${name} was given a number that JSON cannot hold`)
  }
  if (deep.has(name)) spendDeep(argument, budget)
  else if (typeof argument === 'string') spendText(argument, budget)
  else if (Array.isArray(argument)) spendArray(argument, budget)
  else if (memberwise.has(name) && typeof argument === 'object' && argument !== null) {
    budget.spend(Object.keys(argument).length / 8)
  }
}

function checkResult(result: unknown): unknown {
  if (typeof result === 'string' && result.length > maxText) {
    throw new Stopped(`A text is longer than ${maxText}`)
  }
  if (Array.isArray(result) && result.length > maxSequence) {
    throw new Stopped(`An array has more than ${maxSequence} elements`)
  }
  return result
}

const replacements: { [name: string]: Native['implementation'] | undefined } = {
  base64encode: (str) => (typeof str === 'string' ? base64(() => btoa(str)) : undefined),
  base64decode: (str) => (typeof str === 'string' ? base64(() => atob(str)) : undefined),
}

function base64(convert: () => string): string {
  try {
    return convert()
  } catch {
    throw new Stopped('A text cannot be converted to or from base64')
  }
}
