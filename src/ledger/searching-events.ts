import type { Page } from '../model/page.ts'
import { columns, type EventRow } from './event-log.ts'
import type { EventQuery, EventSummary } from './protocol.ts'
import { summaryOf, whereOf } from './reading-events.ts'
import type { State } from './state.ts'
import { pageOf, type Where } from './where.ts'

/** How much text one look goes through: others have their turn between two. */
const sliceBytes = 4_000_000
const sliceEvents = 1000

/** In the event's row, in a part of a large body, or across the cut between two parts. */
const holdsText = `(instr(body, ?) > 0
  OR EXISTS (SELECT 1 FROM bodies WHERE bodies.seq = events.seq AND instr(bytes, ?) > 0)
  OR EXISTS (SELECT 1 FROM bodies AS a JOIN bodies AS b ON b.seq = a.seq AND b.part = a.part + 1
    WHERE a.seq = events.seq
      AND instr(CAST(substr(a.bytes, ?) || substr(b.bytes, 1, ?) AS BLOB), ?) > 0))`

/** The next events to look into: as many as a slice holds, and one at least. */
function nextSlice(state: State, query: EventQuery, at: number | null): number[] {
  const where = whereOf(query)
  where.given(query.order === 'asc' ? 'seq > ?' : 'seq < ?', at)
  const sizes = state.tables.all<{ seq: number; size: number }>(
    `SELECT seq, size FROM events WHERE ${where.text} ORDER BY seq ${query.order} LIMIT ${sliceEvents}`,
    ...where.bindings,
  )
  const slice: number[] = []
  let bytes = 0
  for (const { seq, size } of sizes) {
    bytes += size
    if (slice.length > 0 && bytes > sliceBytes) break
    slice.push(seq)
  }
  return slice
}

function addText(where: Where, q: string): void {
  const text = new TextEncoder().encode(q).slice().buffer
  const rest = text.byteLength - 1
  where.add(holdsText, text, text, -Math.max(rest, 1), rest, text)
}

/** As `listEvents`, of those whose payload holds the text `q`. `pause` lets others have their turn. */
export async function searchEvents(
  state: State,
  query: EventQuery,
  q: string,
  pause: () => Promise<void>,
): Promise<Page<EventSummary>> {
  const found: EventSummary[] = []
  for (let at: number | null = null; ; await pause()) {
    const slice = nextSlice(state, query, at)
    const first = slice[0]
    const last = slice.at(-1)
    if (first === undefined || last === undefined) return pageOf(found, query.limit)
    const where = whereOf(query)
    where.add('seq BETWEEN ? AND ?', Math.min(first, last), Math.max(first, last))
    addText(where, q)
    const rows = state.tables.all<EventRow>(
      `SELECT ${columns} FROM events WHERE ${where.text} ORDER BY seq ${query.order}`,
      ...where.bindings,
    )
    found.push(...rows.map(summaryOf))
    if (found.length > query.limit) return pageOf(found, query.limit)
    at = last
  }
}
