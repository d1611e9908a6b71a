import { deliveryIdOf, timeOfSeq } from '../model/event-id.ts'
import type { DeliveryState } from '../model/delivery.ts'
import { find } from './acting.ts'
import type { EventRow } from './event-log.ts'
import type { OpenDelivery, Standing } from './open-delivery.ts'
import type { DeadLetter, Delivery, DeliveryDetail } from './protocol.ts'
import type { State } from './state.ts'
import type { StoredDelivery } from './tables.ts'

/** How a standing is told outside. */
export const shown = {
  held: 'held',
  queued: 'held',
  sending: 'sending',
  adopted: 'sending',
  waiting: 'waiting',
  blocking: 'dead',
} as const satisfies Record<Exclude<Standing, 'ended'>, DeliveryState>

export function deliveryOf(
  state: State,
  row: Pick<EventRow, 'seq' | 'id' | 'type'>,
  index: number,
  stored: StoredDelivery,
): Delivery {
  const id = deliveryIdOf(row.id, index)
  const open = state.scheduler.open.get(id)
  const replay = (other: number | undefined) =>
    other === undefined ? null : deliveryIdOf(row.id, other)
  return {
    id,
    event_id: row.id,
    event_type: row.type,
    connection_id: stored.connection_id,
    destination_id: stored.destination_id,
    ...standingOf(state, stored, open),
    lane: stored.lane,
    sequence: stored.sequence,
    priority: stored.priority,
    cause: stored.end?.cause ?? null,
    replay_of: replay(stored.replay_of),
    replayed_as: replay(stored.replayed_as),
    created_at: timeOfSeq(row.seq),
    ended_at: stored.end?.at ?? null,
  }
}

function standingOf(state: State, stored: StoredDelivery, open: OpenDelivery | undefined) {
  const { end } = stored
  if (open === undefined || open.standing === 'blocking' || open.standing === 'ended') {
    return {
      state: end?.state ?? 'canceled',
      held_by: null,
      next_attempt_at: null,
      attempt_count: end?.attempts ?? 0,
      last_status: end?.status ?? null,
    }
  }
  const now = state.now()
  const isHeld = shown[open.standing] === 'held'
  return {
    state: shown[open.standing],
    held_by: isHeld ? state.scheduler.heldBy(open, now) : null,
    next_attempt_at: open.dueAt,
    attempt_count: open.attempts,
    last_status: open.lastStatus,
  }
}

/** What its burial needs to know of a dead delivery. */
export function readDeadLetter(state: State, id: string): DeadLetter | null {
  const found = find(state, id)
  const row = found === null ? null : state.events.row(found.seq)
  if (found === null || row === null) return null
  const { index, stored } = found
  return { ...deliveryOf(state, row, index, stored), disables: stored.end?.disables === true }
}

export function readDelivery(state: State, id: string): DeliveryDetail | null {
  const found = find(state, id)
  const row = found === null ? null : state.events.row(found.seq)
  if (found === null || row === null) return null
  const { seq, index, stored } = found
  return {
    ...deliveryOf(state, row, index, stored),
    attempts: state.attempts.of(seq, index, stored),
  }
}
