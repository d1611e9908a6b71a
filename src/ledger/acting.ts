import { placeOfDelivery, deliveryIdOf } from '../model/event-id.ts'
import { openFrom } from './accepting.ts'
import type { OpenDelivery } from './open-delivery.ts'
import type { ActResult } from './protocol.ts'
import { end } from './settling.ts'
import type { State } from './state.ts'
import type { StoredDelivery } from './tables.ts'

const notFound: ActResult = { kind: 'not_found' }
const done: ActResult = { kind: 'done' }

interface Found {
  seq: number
  index: number
  eventId: string
  stored: StoredDelivery
}

/** The delivery of that id, if it is one of this ledger's. */
export function find(state: State, id: string): Found | null {
  const place = placeOfDelivery(id)
  if (place === null) return null
  const { seq, index } = place
  const row = state.events.row(seq)
  const stored = state.events.plan(seq)?.deliveries[index]
  if (row === null || stored === undefined || deliveryIdOf(row.id, index) !== id) return null
  return { seq, index, eventId: row.id, stored }
}

/** One more attempt as soon as the gates let it; a schedule that was running goes on after it. */
export function retry(state: State, id: string): ActResult {
  const found = find(state, id)
  if (found === null) return notFound
  const { stored } = found
  if (stored.end?.state === 'canceled') return { kind: 'not_possible', reason: 'canceled' }
  const policy = state.config?.destinations[stored.destination_id]
  if (policy === undefined) return { kind: 'not_possible', reason: 'destination_deleted' }
  if (!policy.enabled) return { kind: 'not_possible', reason: 'destination_disabled' }
  const open = state.scheduler.open.get(id)
  return open === undefined ? retryEnded(state, found) : retryOpen(state, open)
}

function retryOpen(state: State, delivery: OpenDelivery): ActResult {
  if (delivery.standing === 'blocking') return reopen(state, delivery)
  if (delivery.standing === 'sending' || delivery.standing === 'adopted') {
    return { kind: 'not_possible', reason: 'in_flight' }
  }
  delivery.trigger = 'manual'
  if (delivery.standing === 'waiting') {
    state.scheduler.ready(delivery)
    state.work.keep(delivery)
  }
  return done
}

/** A dead head of a blocked lane is the head again. */
function reopen(state: State, blocking: OpenDelivery): ActResult {
  const { seq, index } = blocking
  state.events.change(seq, index, ({ end: _, ...stored }) => stored)
  state.tables.run('DELETE FROM ended WHERE seq = ? AND idx = ?', seq, index)
  state.unburied.delete(blocking.id)
  blocking.trigger = 'manual'
  state.scheduler.ready(blocking)
  state.work.keep(blocking)
  return done
}

function retryEnded(state: State, { seq, index, eventId, stored }: Found): ActResult {
  const delivery = openFrom(stored, seq, index, eventId)
  delivery.attempts = stored.end?.attempts ?? 0
  delivery.lastStatus = stored.end?.status ?? null
  delivery.trigger = 'manual'
  delivery.again = stored.end?.state === 'delivered' ? 'delivered' : 'dead'
  state.scheduler.add(delivery)
  state.work.keep(delivery)
  return done
}

/** No further attempt. One that is in flight is not taken back; nothing follows it. */
export function cancel(state: State, id: string): ActResult {
  const found = find(state, id)
  if (found === null) return notFound
  const delivery = state.scheduler.open.get(id)
  if (delivery === undefined) return { kind: 'not_possible', reason: 'ended' }
  cancelOpen(state, delivery, 'canceled')
  return done
}

export function cancelOpen(state: State, delivery: OpenDelivery, cause: string): void {
  if (delivery.standing === 'sending') {
    delivery.cancelAsked = cause
    state.work.keep(delivery)
    return
  }
  if (delivery.standing === 'queued') state.scheduler.unqueue(delivery)
  if (delivery.standing === 'adopted') state.scheduler.vacate(delivery)
  if (delivery.standing === 'blocking' || delivery.again !== null) {
    state.scheduler.remove(delivery)
    state.work.forget(delivery)
    return
  }
  end(state, delivery, 'canceled', state.now(), { cause })
}
