import { firstSeqOf, placeOfDelivery, placeOfEvent } from '../model/event-id.ts'
import type { Page } from '../model/page.ts'
import { columns, type EventRow, planOf } from './event-log.ts'
import type { Delivery, DeliveryQuery } from './protocol.ts'
import { deliveryOf, shown } from './reading-deliveries.ts'
import type { State } from './state.ts'
import { pageOf, Where } from './where.ts'

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
    `SELECT ${columns} FROM events WHERE ${where.text} ORDER BY seq ${query.order} LIMIT ${chunk}`,
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
