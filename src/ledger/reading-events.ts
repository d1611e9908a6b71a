import { deliveryIdOf, firstSeqOf, placeOfEvent } from '../model/event-id.ts'
import type { Page } from '../model/page.ts'
import { columns, type EventRow, headOf, planOf } from './event-log.ts'
import type { EventDetail, EventQuery, EventSummary } from './protocol.ts'
import type { State } from './state.ts'
import { pageOf, Where } from './where.ts'

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
