import type { Seq } from '../model/event-id.ts'
import type { OpenDelivery } from './open-delivery.ts'
import { fromColumn, type Tables } from './tables.ts'

/** What a row of the open work says beyond what its event's row says. */
export interface WorkRow {
  attempts: number
  due_at: number | null
  status: number | null
  /** One more attempt at what had ended. */
  again: 'dead' | 'delivered' | null
  /** Dead, and its notice has not been sent. */
  bury: boolean
  /** Dead, and its lane waits for somebody to act. */
  blocking: boolean
  /** Why no attempt may follow the one that was in flight when somebody asked for that. */
  cancel?: string
}

export const untouched: WorkRow = {
  attempts: 0,
  due_at: null,
  status: null,
  again: null,
  bury: false,
  blocking: false,
}

interface Unmarked {
  seq: Seq
  open: OpenDelivery[]
}

/** How many events may lie behind the mark before it moves: what a ledger reads at the most when it wakes. */
const unmarkedEvents = 1024

/**
 * What is open, on disk. An event that was accepted after the mark stands for its own open deliveries, so that the happy
 * way writes no row here at all; everything else that is open has a row. The mark moves on from time to time, and the few
 * stragglers that it passes get rows. Waking reads the rows and the events after the mark, however long the history.
 */
export class OpenWork {
  readonly #tables: Tables
  readonly #kv: SyncKvStorage
  readonly #unburied: ReadonlySet<string>
  #unmarked: Unmarked[] = []
  #lookAgainAt = unmarkedEvents

  /** `unburied`: the ids of the dead whose notices have not been sent. */
  constructor(tables: Tables, kv: SyncKvStorage, unburied: ReadonlySet<string>) {
    this.#tables = tables
    this.#kv = kv
    this.#unburied = unburied
  }

  get mark(): Seq {
    return this.#kv.get<Seq>('mark') ?? 0
  }

  rows(): { seq: Seq; index: number; row: WorkRow }[] {
    return this.#tables
      .all<{ seq: number; idx: number; data: string }>(
        'SELECT seq, idx, data FROM work ORDER BY seq, idx',
      )
      .map(({ seq, idx, data }) => ({ seq, index: idx, row: fromColumn<WorkRow>(data) }))
  }

  /** An event after the mark, with its open deliveries (all without a row, or none). */
  accepted(seq: Seq, open: OpenDelivery[]): void {
    this.#unmarked.push({ seq, open })
  }

  #put({ seq, index }: OpenDelivery, row: WorkRow): void {
    this.#tables.run(
      'INSERT OR REPLACE INTO work VALUES (?, ?, ?)',
      seq,
      index,
      JSON.stringify(row),
    )
  }

  /** Keeps what of `delivery` must survive, in a row of its own. */
  keep(delivery: OpenDelivery): void {
    this.#put(delivery, {
      ...untouched,
      attempts: delivery.attempts,
      due_at: delivery.dueAt,
      status: delivery.lastStatus,
      again: delivery.again,
      bury: this.#unburied.has(delivery.id),
      blocking: delivery.standing === 'blocking',
      ...(delivery.cancelAsked === null ? {} : { cancel: delivery.cancelAsked }),
    })
    delivery.hasRow = true
  }

  /** It is not open any more; only a notice that has not been sent keeps its row. */
  forget(delivery: OpenDelivery): void {
    if (this.#unburied.has(delivery.id)) {
      this.#put(delivery, { ...untouched, attempts: delivery.attempts, bury: true })
    } else if (delivery.hasRow) {
      this.deleteRow(delivery.seq, delivery.index)
    }
  }

  deleteRow(seq: Seq, index: number): void {
    this.#tables.run('DELETE FROM work WHERE seq = ? AND idx = ?', seq, index)
  }

  /**
   * Moves the mark past the older half of the events behind it when few of them need a row for that, and gives the stragglers
   * rows. `isOpen`: whether this very delivery is open still, not another try at the same.
   */
  moveMark(isOpen: (delivery: OpenDelivery) => boolean): void {
    if (this.#unmarked.length <= this.#lookAgainAt) return
    for (const event of this.#unmarked) {
      event.open = event.open.filter((delivery) => !delivery.hasRow && isOpen(delivery))
    }
    const openEvents = this.#unmarked.filter(({ open }) => open.length > 0).length
    this.#lookAgainAt = Math.ceil(this.#unmarked.length * 1.25)
    if (this.#unmarked.length <= unmarkedEvents + 4 * openEvents) return
    const half = this.#unmarked.length >> 1
    const passed = this.#unmarked.slice(0, half)
    this.#unmarked = this.#unmarked.slice(half)
    this.#lookAgainAt = this.#unmarked.length + unmarkedEvents
    for (const delivery of passed.flatMap(({ open }) => open)) this.keep(delivery)
    const last = passed.at(-1)
    if (last !== undefined) this.#kv.put('mark', last.seq)
  }
}
