import type { Priority } from '../model/connection.ts'
import type { PlannedVerdict } from '../model/event.ts'
import type { Attempt } from '../model/outcome.ts'

/** How a delivery ended. `last`: its only attempt, where that is small enough to lie here. */
export interface DeliveryEnd {
  state: 'delivered' | 'dead' | 'canceled'
  at: number
  attempts: number
  status: number | null
  cause?: string
  /** Its destination is to be disabled for it. */
  disables?: true
  last?: Attempt
}

/** A delivery as its event's row keeps it. Without `end` it is open, and what else is known lies in the open work. */
export interface StoredDelivery {
  connection_id: string
  destination_id: string
  priority: Priority
  lane: string | null
  sequence: number | null
  /** Numbers of deliveries of the same event. */
  replay_of?: number
  replayed_as?: number
  end?: DeliveryEnd
}

/** What was decided for an event. One row keeps all of it, so that a fan-out costs no more rows than one delivery. */
export interface Plan {
  verdicts: Exclude<PlannedVerdict, { verdict: 'delivery' }>[]
  deliveries: StoredDelivery[]
}

/** SQL with its written rows counted: they are what a tenant pays for. */
export class Tables {
  readonly #sql: SqlStorage
  rowsWritten = 0

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Runs a statement that answers no rows; says how many it has written. */
  run(query: string, ...bindings: SqlStorageValue[]): number {
    const { rowsWritten } = this.#sql.exec(query, ...bindings)
    this.rowsWritten += rowsWritten
    return rowsWritten
  }

  all<Row extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): Row[] {
    return this.#sql.exec<Row>(query, ...bindings).toArray()
  }

  first<Row extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): Row | null {
    return this.all<Row>(query, ...bindings)[0] ?? null
  }
}

/** Reads a column that this room wrote as JSON; the type is what was written. */
export const fromColumn = <T>(text: string): T => JSON.parse(text) as T
