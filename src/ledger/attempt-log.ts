import type { Seq } from '../model/event-id.ts'
import type { Attempt } from '../model/outcome.ts'
import { fromColumn, type StoredDelivery, type Tables } from './tables.ts'

/** An only attempt up to this size lies in its event's row. */
const inlineCharacters = 1500

/** Whether the attempt may lie in the event's row instead of one of its own. */
export const fitsInline = (attempt: Attempt): boolean =>
  attempt.number === 1 && JSON.stringify(attempt).length <= inlineCharacters

/** Attempts that have a row of their own: all but a small first one that ended its delivery. */
export class AttemptLog {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  add(seq: Seq, index: number, attempt: Attempt): void {
    this.#tables.run(
      'INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)',
      seq,
      index,
      attempt.number,
      JSON.stringify(attempt),
    )
  }

  of(seq: Seq, index: number, stored: StoredDelivery): Attempt[] {
    const rows = this.#tables.all<{ data: string }>(
      'SELECT data FROM attempts WHERE seq = ? AND idx = ? ORDER BY number',
      seq,
      index,
    )
    const attempts = rows.map(({ data }) => fromColumn<Attempt>(data))
    const inline = stored.end?.last
    return inline === undefined ? attempts : [inline, ...attempts]
  }
}
