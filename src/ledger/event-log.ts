import { timeOfSeq, type Seq } from '../model/event-id.ts'
import type { EventHead } from '../model/event.ts'
import type { HeadColumn, NewEvent } from './protocol.ts'
import { inlineBody, keepBody, readBody } from './bodies.ts'
import {
  type DeliveryEnd,
  fromColumn,
  type Plan,
  type StoredDelivery,
  type Tables,
} from './tables.ts'

export interface EventRow extends Record<string, SqlStorageValue> {
  seq: number
  id: string
  type: string
  source_id: string | null
  duplicates: number
  size: number
  head: string
  plan: string
}

/** What a read of event rows selects: everything but the bytes. */
export const columns = 'seq, id, type, source_id, duplicates, size, head, plan'

export const headOf = (
  row: Pick<EventRow, 'seq' | 'id' | 'type' | 'source_id' | 'head'>,
): EventHead => ({
  id: row.id,
  type: row.type,
  source_id: row.source_id,
  received_at: timeOfSeq(row.seq),
  ...fromColumn<HeadColumn>(row.head),
})

export const planOf = (row: Pick<EventRow, 'plan'>): Plan => fromColumn<Plan>(row.plan)

/** The event rows: written once when accepted, and again when one of their deliveries ends. */
export class EventLog {
  readonly #tables: Tables

  constructor(tables: Tables) {
    this.#tables = tables
  }

  lastSeq(): Seq {
    return (
      this.#tables.first<{ last: number | null }>('SELECT max(seq) AS last FROM events')?.last ?? 0
    )
  }

  firstSeq(): Seq | null {
    return (
      this.#tables.first<{ first: number | null }>('SELECT min(seq) AS first FROM events')?.first ??
      null
    )
  }

  insert(
    seq: Seq,
    id: string,
    { type, source_id, head }: NewEvent,
    plan: Plan,
    dedupe: string | null,
    body: Uint8Array,
  ): void {
    this.#tables.run(
      'INSERT INTO events (seq, id, type, source_id, open, size, dedupe, head, plan, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      seq,
      id,
      type,
      source_id,
      openIn(plan),
      body.byteLength,
      dedupe,
      head,
      JSON.stringify(plan),
      inlineBody(body),
    )
    keepBody(this.#tables, seq, body)
  }

  row(seq: Seq): EventRow | null {
    return this.#tables.first<EventRow>(`SELECT ${columns} FROM events WHERE seq = ?`, seq)
  }

  plan(seq: Seq): Plan | null {
    const row = this.#tables.first<{ plan: string }>('SELECT plan FROM events WHERE seq = ?', seq)
    return row === null ? null : planOf(row)
  }

  savePlan(seq: Seq, plan: Plan): void {
    this.#tables.run(
      'UPDATE events SET plan = ?, open = ? WHERE seq = ?',
      JSON.stringify(plan),
      openIn(plan),
      seq,
    )
  }

  /** How a delivery that was open has ended: into its event's row, without reading that. */
  end(seq: Seq, index: number, end: DeliveryEnd): void {
    this.#tables.run(
      'UPDATE events SET plan = json_set(plan, ?, json(?)), open = open - 1 WHERE seq = ?',
      `$.deliveries[${index}].end`,
      JSON.stringify(end),
      seq,
    )
  }

  /** Reads one of an event's deliveries, changes it, and keeps the change. */
  change(seq: Seq, index: number, to: (stored: StoredDelivery) => StoredDelivery): void {
    const plan = this.plan(seq)
    const stored = plan?.deliveries[index]
    if (plan === null || stored === undefined) return
    plan.deliveries[index] = to(stored)
    this.savePlan(seq, plan)
  }

  headAndBody(seq: Seq): { head: EventHead; body: Uint8Array } | null {
    const row = this.#tables.first<EventRow & { body: ArrayBuffer | null }>(
      `SELECT ${columns}, body FROM events WHERE seq = ?`,
      seq,
    )
    return row === null ? null : { head: headOf(row), body: readBody(this.#tables, seq, row.body) }
  }

  /** As `headAndBody`, for an event whose body lies in its row. */
  smallHeadAndBody(seq: Seq): { head: EventHead; body: Uint8Array } | null {
    const row = this.#tables.first<EventRow & { body: ArrayBuffer | null }>(
      `SELECT ${columns}, body FROM events WHERE seq = ? AND body IS NOT NULL`,
      seq,
    )
    return row === null || row.body === null
      ? null
      : { head: headOf(row), body: new Uint8Array(row.body) }
  }

  countDuplicate(seq: Seq): void {
    this.#tables.run('UPDATE events SET duplicates = duplicates + 1 WHERE seq = ?', seq)
  }

  /** Events after `mark` that still have something open: what no row of the open work stands for. */
  openAfter(mark: Seq): EventRow[] {
    return this.#tables.all<EventRow>(
      `SELECT ${columns} FROM events WHERE seq > ? AND open > 0 ORDER BY seq`,
      mark,
    )
  }

  /** Events of which a row of the open work speaks. */
  withWork(): EventRow[] {
    return this.#tables.all<EventRow>(
      `SELECT ${columns} FROM events WHERE seq IN (SELECT seq FROM work) ORDER BY seq`,
    )
  }

  seqsAfter(mark: Seq): Seq[] {
    return this.#tables
      .all<{ seq: number }>('SELECT seq FROM events WHERE seq > ? ORDER BY seq', mark)
      .map(({ seq }) => seq)
  }

  /** Deletes events older than `before` that nobody is at any more, at most `limit`; answers how many. */
  purge(before: Seq, limit: number): number {
    const rows = this.#tables.all<{ seq: number; dedupe: string | null }>(
      'SELECT seq, dedupe FROM events WHERE seq < ? AND open = 0 AND seq NOT IN (SELECT seq FROM work) ORDER BY seq LIMIT ?',
      before,
      limit,
    )
    for (const { seq, dedupe } of rows) {
      if (dedupe !== null)
        this.#tables.run('DELETE FROM dedupe WHERE key = ? AND seq = ?', dedupe, seq)
      for (const table of ['events', 'bodies', 'attempts', 'ended']) {
        this.#tables.run(`DELETE FROM ${table} WHERE seq = ?`, seq)
      }
    }
    return rows.length
  }
}

const openIn = (plan: Plan): number => plan.deliveries.filter(({ end }) => end === undefined).length
