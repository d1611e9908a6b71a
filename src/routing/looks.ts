/** How many elements of arrays one filter may look at for one event. */
export const mostLooks = 1_000_000
/** And all filters for one event together. */
const mostLooksOfEvent = 4_000_000

/** What the filters for one event have left to look at. */
export interface Looks {
  left: number
}

export const looksOfEvent = (): Looks => ({ left: mostLooksOfEvent })

/** Evaluations wait for nothing, so that one of them at a time uses it. */
let left = mostLooks

/** Ends an evaluation from deep inside; `withinLooks` turns it into an answer. */
const spent = Symbol('looks are spent')

/** Says that `elements` of an array are about to be looked at. */
export function look(elements: number): void {
  left -= elements
  if (left < 0) throw spent
}

/**
 * Runs one filter's evaluation; `otherwise` where it would look at too much: a large array under many leaves would hold
 * everybody up.
 */
export function withinLooks<T>(looks: Looks, evaluate: () => T, otherwise: T): T {
  const most = Math.min(mostLooks, looks.left)
  left = most
  try {
    return evaluate()
  } catch (error) {
    if (error === spent) return otherwise
    throw error
  } finally {
    looks.left -= most - Math.max(left, 0)
  }
}
