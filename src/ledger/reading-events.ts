import { deliveryIdOf, firstSeqOf, placeOfEvent } from '../model/event-id.ts'
import type { Page } from '../model/page.ts'
import { columns, type EventRow, headOf, planOf } from './event-log.ts'
import type { EventDetail, EventQuery, EventSummary } from './protocol.ts'
import type { State } from './state.ts'
import { pageOf, Where } from './where.ts'

export const summaryOf = (row: EventRow): EventSummary => ({
  ...headOf(row),
  size: row.size,
  duplicates: row.duplicates,
})

/** The events that a query asks for, but for their text. */
export function whereOf(query: EventQuery): Where {
  const where = new Where()
  const after = query.after === null ? null : (placeOfEvent(query.after)?.seq ?? null)
  where.given(query.order === 'asc' ? 'seq > ?' : 'seq < ?', after)
  where.given('type = ?', query.type)
  where.given('source_id = ?', query.source_id)
  where.given('seq >= ?', query.since === null ? null : firstSeqOf(query.since))
  where.given('seq < ?', query.until === null ? null : firstSeqOf(query.until))
  return where
}

export function listEvents(state: State, query: EventQuery): Page<EventSummary> {
  const where = whereOf(query)
  const rows = state.tables.all<EventRow>(
    `SELECT ${columns} FROM events WHERE ${where.text} ORDER BY seq ${query.order} LIMIT ?`,
    ...where.bindings,
    query.limit + 1,
  )
  return pageOf(rows.map(summaryOf), query.limit)
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
