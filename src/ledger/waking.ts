import type { Seq } from '../model/event-id.ts'
import { randomDigits } from '../model/ids.ts'
import { openFrom } from './accepting.ts'
import { cancelOpen } from './acting.ts'
import { cancelOrphans } from './configuring.ts'
import { lookaheadMs } from './gate.ts'
import { longestLeaseMs } from './lease.ts'
import { untouched, type WorkRow } from './open-work.ts'
import type { OpenDelivery } from './open-delivery.ts'
import { headOf, planOf } from './event-log.ts'
import { askToBury, interrupted } from './settling.ts'
import { State } from './state.ts'

/** The longest time-out that a destination may have. */
const longestTimeoutMs = 30_000

/**
 * Whether a sender of before the ledger woke may still be at work. A lease is never out without an alarm at its end or
 * before, so an object that has no alarm within a lease's length has none out. `sameMachine`: senders may have lived on.
 */
export const leasesMayLive = (
  alarm: number | null,
  byAlarm: boolean,
  sameMachine: boolean,
  now: number,
): boolean =>
  sameMachine &&
  (byAlarm || (alarm !== null && alarm <= now + longestLeaseMs(longestTimeoutMs, lookaheadMs)))

/** What is known before waking: the tables, and no open work yet. */
export function stateOn(storage: DurableObjectStorage): State {
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
  const state: State = new State({
    storage,
    now: () => Date.now(),
    random,
    token: () => randomDigits(random(8)),
    interrupted: (delivery, now) => interrupted(state, delivery, now),
  })
  return state
}

interface Loaded {
  delivery: OpenDelivery
  row: WorkRow
}

/** Makes the open work in memory again, from its rows and the events after the mark. */
export function wake(state: State, mayBeLeased: boolean): void {
  if (state.config !== null) state.scheduler.configure(state.config)
  state.gates.load((id) => state.scheduler.line(id))
  const loaded = load(state)
  loaded.sort(({ delivery: a }, { delivery: b }) => a.seq - b.seq || a.index - b.index)
  const now = state.now()
  for (const { delivery, row } of loaded) place(state, delivery, row, now)
  for (const { delivery } of loaded) {
    if (delivery.cancelAsked !== null) cancelOpen(state, delivery, delivery.cancelAsked)
  }
  if (state.config !== null) cancelOrphans(state, state.config)
  if (!mayBeLeased) return
  for (const delivery of state.scheduler.open.values()) {
    if (delivery.standing === 'held' && state.scheduler.isHead(delivery)) {
      state.scheduler.adopt(delivery, now)
    }
  }
}

function load(state: State): Loaded[] {
  const rows = new Map<Seq, Map<number, WorkRow>>()
  for (const { seq, index, row } of state.work.rows()) {
    const ofEvent = rows.get(seq) ?? new Map<number, WorkRow>()
    rows.set(seq, ofEvent.set(index, row))
  }
  const { mark } = state.work
  const loaded: Loaded[] = []
  const openAfterMark = new Map<Seq, OpenDelivery[]>()
  const unique = new Map(
    [...state.events.withWork(), ...state.events.openAfter(mark)].map((row) => [row.seq, row]),
  )
  for (const row of unique.values()) {
    const { id } = headOf(row)
    for (const [index, stored] of planOf(row).deliveries.entries()) {
      const work = rows.get(row.seq)?.get(index)
      if (work === undefined && (stored.end !== undefined || row.seq <= mark)) continue
      const delivery = openFrom(stored, row.seq, index, id)
      delivery.hasRow = work !== undefined
      loaded.push({ delivery, row: work ?? untouched })
      if (row.seq > mark) {
        openAfterMark.set(row.seq, [...(openAfterMark.get(row.seq) ?? []), delivery])
      }
    }
  }
  for (const seq of state.events.seqsAfter(mark)) {
    state.work.accepted(seq, openAfterMark.get(seq) ?? [])
  }
  return loaded
}

function place(state: State, delivery: OpenDelivery, row: WorkRow, now: number): void {
  delivery.attempts = row.attempts
  delivery.lastStatus = row.status
  delivery.again = row.again
  delivery.cancelAsked = row.cancel ?? null
  if (row.attempts > 0) delivery.trigger = row.again === null ? 'retry' : 'manual'
  if (row.bury) askToBury(state, delivery.id, now)
  if (row.bury && !row.blocking && row.again === null) return
  if (row.blocking) delivery.standing = 'blocking'
  else if (row.due_at !== null) delivery.standing = 'waiting'
  state.scheduler.add(delivery)
  if (row.due_at !== null && row.due_at > now) state.scheduler.wait(delivery, row.due_at)
  else if (row.due_at !== null) state.scheduler.ready(delivery)
}
