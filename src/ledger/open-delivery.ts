import type { Priority } from '../model/connection.ts'
import type { Seq } from '../model/event-id.ts'
import type { Trigger } from '../model/outcome.ts'

/**
 * Where an open delivery stands. `queued`: a pointer to it is in a queue. `adopted`: the ledger has woken and a sender of
 * before may still be at it. `blocking`: dead, and its lane waits for somebody to act. `ended`: not
 * open any more; what was to happen to it does not.
 */
export type Standing = 'held' | 'queued' | 'sending' | 'adopted' | 'waiting' | 'blocking' | 'ended'

/** A delivery that has not ended, as the ledger remembers it. Everything here can be made again from its rows. */
export interface OpenDelivery {
  readonly seq: Seq
  readonly index: number
  readonly id: string
  readonly eventId: string
  readonly connectionId: string
  readonly destinationId: string
  readonly priority: Priority
  readonly lane: string | null
  readonly sequence: number | null
  standing: Standing
  /** Attempts made. */
  attempts: number
  lastStatus: number | null
  trigger: Trigger
  /** While `waiting`: when the next attempt is due. */
  dueAt: number | null
  /** The lease's token; see `lease.ts`. */
  token: string | null
  /** Whether it has a row in the open work; without one its event's row stands for it. */
  hasRow: boolean
  /** One more attempt at a delivery that had ended: what it is again should the attempt fail. */
  again: 'dead' | 'delivered' | null
  /** Why it was asked to be canceled while it was being sent: no attempt follows this one. */
  cancelAsked: string | null
}

const ranks = { high: 0, normal: 1, low: 2 } as const satisfies Record<Priority, number>

/** By priority, then in the order in which they were accepted. */
export const before = (a: OpenDelivery, b: OpenDelivery): boolean => {
  const byPriority = ranks[a.priority] - ranks[b.priority]
  if (byPriority !== 0) return byPriority < 0
  return a.seq === b.seq ? a.index < b.index : a.seq < b.seq
}

export const newDelivery = (
  fixed: Pick<
    OpenDelivery,
    | 'seq'
    | 'index'
    | 'id'
    | 'eventId'
    | 'connectionId'
    | 'destinationId'
    | 'priority'
    | 'lane'
    | 'sequence'
  >,
): OpenDelivery => ({
  ...fixed,
  standing: 'held',
  attempts: 0,
  lastStatus: null,
  trigger: 'first',
  dueAt: null,
  token: null,
  hasRow: false,
  again: null,
  cancelAsked: null,
})
