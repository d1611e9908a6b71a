import { fromBase32, newId, prefixOf } from '../model/ids.ts'
import { firstSeqOf, timeOfSeq } from '../model/event-id.ts'
import type { Page } from '../model/page.ts'
import { pageOf } from './where.ts'
import type { Rejection, RejectionQuery } from './protocol.ts'
import type { State } from './state.ts'
import { fromColumn } from './tables.ts'

/** A digit of the id for each. */
const randomBytes = 12

type Kept = Omit<Rejection, 'id' | 'at'>

type Row = { seq: number; id: string; data: string }

const rejectionOf = ({ seq, id, data }: Row): Rejection => ({
  id,
  at: timeOfSeq(seq),
  ...fromColumn<Kept>(data),
})

export function keepRejection(state: State, rejection: Kept): void {
  const seq = state.nextSeq()
  const id = newId('rejection', timeOfSeq(seq), state.random(randomBytes))
  state.tables.run(
    'INSERT INTO rejections VALUES (?, ?, ?, ?)',
    seq,
    id,
    rejection.source_id,
    JSON.stringify(rejection),
  )
}

/** Where a page goes on; a cursor that has been purged meanwhile still says when it was. */
function seqOf(state: State, id: string): number | null {
  const row = state.tables.first<{ seq: number }>('SELECT seq FROM rejections WHERE id = ?', id)
  if (row !== null) return row.seq
  const time = fromBase32(id.slice(prefixOf('rejection').length, -randomBytes))
  return time === null ? null : firstSeqOf(time)
}

export function readRejection(state: State, id: string): Rejection | null {
  const row = state.tables.first<Row>('SELECT seq, id, data FROM rejections WHERE id = ?', id)
  return row === null ? null : rejectionOf(row)
}

export function listRejections(state: State, query: RejectionQuery): Page<Rejection> {
  const after = query.after === null ? null : seqOf(state, query.after)
  const sign = query.order === 'asc' ? '>' : '<'
  const rows = state.tables.all<Row>(
    `SELECT seq, id, data FROM rejections
     WHERE (?1 IS NULL OR seq ${sign} ?1) AND (?2 IS NULL OR source_id = ?2)
       AND (?3 IS NULL OR seq >= ?3) AND (?4 IS NULL OR seq < ?4)
     ORDER BY seq ${query.order} LIMIT ?5`,
    after,
    query.source_id,
    query.since === null ? null : firstSeqOf(query.since),
    query.until === null ? null : firstSeqOf(query.until),
    query.limit + 1,
  )
  return pageOf(rows.map(rejectionOf), query.limit)
}
