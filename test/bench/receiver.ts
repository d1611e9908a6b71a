/** What the receiver process can be asked for, as the cases see it. */
import type { Child } from './child.ts'

export interface Tally {
  /** Different deliveries that were answered 200. */
  deliveries: number
  /** The first arrival, and the last answer of 200. */
  firstUs: number
  lastUs: number
  /** From the post to the arrival. */
  lateMs: number[]
  /** How much later than due second attempts arrived. */
  lagMs: number[]
}

/** `/slow` takes so long. */
export const slowMs = 5

/** `/flaky` expects the second attempt so long after its answer to the first. */
export const retryAfterMs = 1000

export const reset = (receiver: Child): Promise<void> => receiver.ask('reset')

export const tallyOf = (receiver: Child): Promise<Tally> => receiver.ask('tally')

/** Waits until so many different deliveries have been answered. */
export const until = (receiver: Child, deliveries: number, withinMs = 90_000): Promise<Tally> =>
  receiver.ask('until', { deliveries, withinMs }, withinMs + 5000)
