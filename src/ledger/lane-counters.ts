import type { Seq } from '../model/event-id.ts'
import type { Tables } from './tables.ts'

/** How many lanes' counters are kept in memory. */
const mostKept = 10_000

/** Where each lane's numbering stands: 1, 2, 3 … without a gap. One row written a lane and commit, however many joined. */
export class LaneCounters {
  readonly #tables: Tables
  readonly #last = new Map<string, number>()
  readonly #changed = new Map<string, Seq>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  next(lane: string, seq: Seq): number {
    const last = this.#last.get(lane) ?? this.#stored(lane)
    this.#last.set(lane, last + 1)
    this.#changed.set(lane, seq)
    return last + 1
  }

  #stored(lane: string): number {
    return (
      this.#tables.first<{ last: number }>('SELECT last FROM lanes WHERE lane = ?', lane)?.last ?? 0
    )
  }

  /** Writes what has changed since the last time; part of the transaction in which it changed. */
  save(): void {
    for (const [lane, seq] of this.#changed) {
      const last = this.#last.get(lane) ?? 0
      this.#tables.run('INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)', lane, last, seq)
    }
    this.#changed.clear()
    if (this.#last.size > mostKept) this.#last.clear()
  }
}
