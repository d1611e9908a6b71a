import {
  deliveryIdOf,
  firstSeqOf,
  placeOfDelivery,
  placeOfEvent,
  timeOfSeq,
} from '../model/event-id.ts'
import type { DeliveryState } from '../model/delivery.ts'
import type { Page } from '../model/page.ts'
import { find } from './acting.ts'
import { headOf, planOf, type EventRow } from './event-log.ts'
import type { OpenDelivery, Standing } from './open-delivery.ts'
import type {
  Delivery,
  DeliveryDetail,
  DeliveryQuery,
  EventDetail,
  EventQuery,
  EventSummary,
} from './protocol.ts'
import type { State } from './state.ts'
import type { StoredDelivery } from './tables.ts'

const columns = 'seq, id, type, source_id, duplicates, size, head, plan'

/** Conditions and what they bind, collected for one query. */
class Where {
  readonly conditions: string[] = []
  readonly bindings: SqlStorageValue[] = []

  add(condition: string, ...bindings: SqlStorageValue[]): void {
    this.conditions.push(condition)
    this.bindings.push(...bindings)
  }

  /** Adds the condition where there is something to bind. */
  given(condition: string, value: string | number | null): void {
    if (value !== null) this.add(condition, value)
  }

  toString(): string {
    return this.conditions.length === 0 ? '1' : this.conditions.join(' AND ')
  }
}

const summaryOf = (row: EventRow): EventSummary => ({
  ...headOf(row),
  size: row.size,
  duplicates: row.duplicates,
})

/** In the event's row, in a part of a large body, or across the cut between two parts. */
const holdsText = `(instr(body, ?) > 0
  OR EXISTS (SELECT 1 FROM bodies WHERE bodies.seq = events.seq AND instr(bytes, ?) > 0)
  OR EXISTS (SELECT 1 FROM bodies AS a JOIN bodies AS b ON b.seq = a.seq AND b.part = a.part + 1
    WHERE a.seq = events.seq
      AND instr(CAST(substr(a.bytes, ?) || substr(b.bytes, 1, ?) AS BLOB), ?) > 0))`

export function listEvents(state: State, query: EventQuery): Page<EventSummary> {
  const where = new Where()
  const after = query.after === null ? null : (placeOfEvent(query.after)?.seq ?? null)
  where.given(query.order === 'asc' ? 'seq > ?' : 'seq < ?', after)
  where.given('type = ?', query.type)
  where.given('source_id = ?', query.source_id)
  where.given('seq >= ?', query.since === null ? null : firstSeqOf(query.since))
  where.given('seq < ?', query.until === null ? null : firstSeqOf(query.until))
  if (query.q !== null) {
    const text = new TextEncoder().encode(query.q).slice().buffer
    const rest = text.byteLength - 1
    where.add(holdsText, text, text, -Math.max(rest, 1), rest, text)
  }
  const rows = state.tables.all<EventRow>(
    `SELECT ${columns} FROM events WHERE ${where} ORDER BY seq ${query.order} LIMIT ?`,
    ...where.bindings,
    query.limit + 1,
  )
  return pageOf(rows.map(summaryOf), query.limit)
}

/** A page from what one row more than the page was asked for. */
export function pageOf<T extends { id: string }>(found: T[], limit: number): Page<T> {
  const data = found.slice(0, limit)
  return { data, next_cursor: found.length > limit ? (data.at(-1)?.id ?? null) : null }
}

export function readEvent(state: State, id: string): EventDetail | null {
  const row = rowOf(state, id)
  if (row === null) return null
  const plan = planOf(row)
  const deliveries = plan.deliveries.map((stored, index) => ({
    connection_id: stored.connection_id,
    verdict: 'delivery' as const,
    delivery_id: deliveryIdOf(id, index),
  }))
  return { ...summaryOf(row), verdicts: [...deliveries, ...plan.verdicts] }
}

function rowOf(state: State, id: string): EventRow | null {
  const place = placeOfEvent(id)
  const row = place === null ? null : state.events.row(place.seq)
  return row?.id === id ? row : null
}

export function readPayload(state: State, id: string) {
  const row = rowOf(state, id)
  return row === null ? null : state.events.headAndBody(row.seq)
}

const shown = {
  held: 'held',
  queued: 'held',
  sending: 'sending',
  adopted: 'sending',
  waiting: 'waiting',
  blocking: 'dead',
} as const satisfies Record<Exclude<Standing, 'ended'>, DeliveryState>

function deliveryOf(
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

/** How many event rows one look at the history takes. */
const chunk = 250

export function listDeliveries(state: State, query: DeliveryQuery): Page<Delivery> {
  const found: Delivery[] = []
  const from = query.after === null ? null : placeOfDelivery(query.after)
  let at = from === null ? null : from.seq
  let inclusive = true
  for (;;) {
    const rows = candidates(state, query, at, inclusive)
    for (const row of rows) {
      const deliveries = deliveriesOf(state, row, query)
      const rest =
        from !== null && row.seq === from.seq
          ? deliveries.filter(({ id }) => isAfter(id, query.after ?? '', query.order))
          : deliveries
      found.push(...rest)
    }
    at = rows.at(-1)?.seq ?? null
    inclusive = false
    if (found.length > query.limit || rows.length < chunk) return pageOf(found, query.limit)
  }
}

const isAfter = (id: string, cursor: string, order: 'asc' | 'desc'): boolean =>
  order === 'asc' ? id > cursor : id < cursor

function deliveriesOf(state: State, row: EventRow, query: DeliveryQuery): Delivery[] {
  const deliveries = planOf(row)
    .deliveries.map((stored, index) => deliveryOf(state, row, index, stored))
    .filter((delivery) => fits(delivery, query))
  return query.order === 'asc' ? deliveries : deliveries.reverse()
}

const fits = (delivery: Delivery, query: DeliveryQuery): boolean =>
  (query.state === null || delivery.state === query.state) &&
  (query.destination_id === null || delivery.destination_id === query.destination_id) &&
  (query.connection_id === null || delivery.connection_id === query.connection_id) &&
  (query.response_status === null || delivery.last_status === query.response_status) &&
  (!query.unreplayed || delivery.replayed_as === null)

/** The next events that may hold such deliveries: the smallest set that the tables or the memory can name. */
function candidates(
  state: State,
  query: DeliveryQuery,
  at: number | null,
  inclusive: boolean,
): EventRow[] {
  const where = new Where()
  const sign = query.order === 'asc' ? '>' : '<'
  where.given(`seq ${sign}${inclusive ? '=' : ''} ?`, at)
  where.given('type = ?', query.event_type)
  where.given('seq >= ?', query.since === null ? null : firstSeqOf(query.since))
  where.given('seq < ?', query.until === null ? null : firstSeqOf(query.until))
  where.given('seq = ?', query.event_id === null ? null : (placeOfEvent(query.event_id)?.seq ?? -1))
  where.given('id = ?', query.event_id)
  where.given('instr(plan, ?) > 0', query.destination_id)
  where.given('instr(plan, ?) > 0', query.connection_id)
  narrow(state, query, where, at, inclusive)
  return state.tables.all<EventRow>(
    `SELECT ${columns} FROM events WHERE ${where} ORDER BY seq ${query.order} LIMIT ${chunk}`,
    ...where.bindings,
  )
}

function narrow(
  state: State,
  query: DeliveryQuery,
  where: Where,
  at: number | null,
  inclusive: boolean,
): void {
  const wanted = query.state
  if (wanted === null) return
  if (wanted === 'delivered') {
    where.add(`instr(plan, '"state":"delivered"') > 0`)
  } else if (wanted === 'dead' || wanted === 'canceled') {
    const unreplayed = query.unreplayed ? ' AND replayed = 0' : ''
    where.add(`seq IN (SELECT seq FROM ended WHERE state = ?${unreplayed})`, wanted)
  } else {
    const seqs = openSeqs(state, query, at, inclusive)
    where.add(`seq IN (SELECT value FROM json_each(?))`, JSON.stringify(seqs))
  }
}

/** The next events with open deliveries of that state, from memory. */
function openSeqs(
  state: State,
  query: DeliveryQuery,
  at: number | null,
  inclusive: boolean,
): number[] {
  const isNext = (seq: number): boolean => {
    if (at === null) return true
    if (seq === at) return inclusive
    return query.order === 'asc' ? seq > at : seq < at
  }
  const seqs = new Set<number>()
  for (const delivery of state.scheduler.open.values()) {
    const { standing, seq } = delivery
    if (standing !== 'ended' && shown[standing] === query.state && isNext(seq)) seqs.add(seq)
  }
  const sorted = [...seqs].sort((a, b) => (query.order === 'asc' ? a - b : b - a))
  // With other conditions any of them may be the one; without, the first are enough.
  const isNarrow =
    query.destination_id ??
    query.connection_id ??
    query.event_id ??
    query.event_type ??
    query.response_status
  return isNarrow === null && query.since === null && query.until === null
    ? sorted.slice(0, chunk)
    : sorted
}
