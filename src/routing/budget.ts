/**
 * What one evaluation may cost. A step is one visit of the evaluator, about a microsecond; whatever
 * works in one visit on much data (deep comparisons, texts, regular expressions) is charged for the
 * data that it touches. A clock would not do: on Workers it stands still while code runs.
 */
export const maxSteps = 50_000
/** The longest text that an expression may make, in UTF-16 units. */
export const maxText = 1_048_576
/** The longest array that an expression may make. */
export const maxSequence = 10_000
/** How many visits may wait for one another: the depth of recursion. */
export const maxWaiting = 5_000
/** How deep a value may nest. */
export const maxNesting = 200
/** The largest result, in bytes of JSON. */
export const maxResultBytes = 1_048_576

/** Thrown through JSONata, to be turned into a value by `expression.ts`. */
export class Stopped extends Error {
  readonly code = 'stopped'
}

export interface Budget {
  /** Throws `Stopped` when nothing is left. */
  spend(steps: number): void
  /** Ends what is still running beside a result or an error. */
  end(): void
}

let allSpent = 0

/** What all evaluations of this isolate have cost so far. */
export const stepsSpent = (): number => allSpent

export function newBudget(steps: number): Budget {
  let left = steps
  return {
    spend(cost) {
      left -= cost
      allSpent += cost
      if (left < 0) throw new Stopped('The expression takes too many steps')
    },
    end() {
      left = -1
    },
  }
}
