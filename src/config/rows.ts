import type { SQL } from 'drizzle-orm'
import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Result } from '../model/result.ts'
import { err, ok } from '../model/result.ts'
import type { NotCreated } from './config.ts'
import type { Store } from './store.ts'
import { growVersion, tenantLives } from './store.ts'

/** A table whose rows belong to a tenant. */
type Owned = SQLiteTable & { id: SQLiteColumn; tenant_id: SQLiteColumn }
type Revised = Owned & { revision: SQLiteColumn }

export const mine = (table: Owned, tenantId: string, id: string): SQL | undefined =>
  and(eq(table.tenant_id, tenantId), eq(table.id, id))

export const existsIn = (table: SQLiteTable, where: SQL | undefined): SQL =>
  sql`exists (select 1 from ${table} where ${where})`

const countOf = (table: Owned, tenantId: string): SQL =>
  sql`(select count(*) from ${table} where ${eq(table.tenant_id, tenantId)})`

/**
 * Inserts the row if, at that moment, its tenant lives, has fewer than `limit` of them, and `condition` holds.
 * D1 has no interactive transactions, so that the statement itself must look.
 */
export async function insertRow<T extends Owned>(
  store: Store,
  table: T,
  row: T['$inferInsert'] & { id: string; tenant_id: string },
  limit: number,
  condition?: SQL,
): Promise<Result<null, NotCreated | 'refused'>> {
  const { db } = store
  const { tenant_id: tenantId, id } = row
  const given = new Map<string, unknown>(Object.entries(row))
  const values = Object.entries(getTableColumns(table)).map(([name, column]) =>
    sql.param(given.get(name) ?? null, column),
  )
  const may = and(tenantLives(tenantId), sql`${countOf(table, tenantId)} < ${limit}`, condition)
  const [inserted] = await db.batch([
    db.insert<SQLiteTable>(table).select(sql`select ${sql.join(values, sql`, `)} where ${may}`),
    growVersion(db, tenantId, existsIn(table, mine(table, tenantId, id))),
  ])
  if (inserted.meta.changes > 0) {
    await store.announce(tenantId)
    return ok(null)
  }
  const [why] = await db.all<{ lives: number; count: number }>(
    sql`select ${tenantLives(tenantId)} as lives, ${countOf(table, tenantId)} as count`,
  )
  if (why?.lives !== 1) return err('unknown_tenant')
  return err(why.count >= limit ? 'limit_reached' : 'refused')
}

interface Update<Row, E> {
  read: () => Promise<Row | undefined>
  /** The row as it should be. Called again if the row was changed meanwhile. */
  next: (row: Row) => Promise<Result<Row, E>>
  write: (row: Row, where: SQL | undefined) => BatchItem<'sqlite'> & PromiseLike<D1Result>
  /** Why the statement's own conditions may have refused `row`. */
  refusal?: (row: Row) => Promise<E | null>
}

/** How often a change is tried anew because others changed what it was made of. */
export const rounds = 20

/** Reads, decides, and writes only if the row is still the one that was read. */
export async function updateRow<
  Row extends { id: string; revision: number; updated_at: number },
  E,
>(
  store: Store,
  table: Revised,
  tenantId: string,
  { read, next, write, refusal }: Update<Row, E>,
): Promise<Result<Row, 'not_found' | E>> {
  for (let round = 0; round < rounds; round++) {
    const seen = await read()
    if (seen === undefined) return err('not_found')
    const decided = await next(seen)
    if (!decided.ok) return decided
    const row = { ...decided.value, revision: seen.revision + 1, updated_at: store.now() }
    const is = (revision: number): SQL | undefined =>
      and(mine(table, tenantId, row.id), eq(table.revision, revision))
    const [written] = await store.db.batch([
      write(row, is(seen.revision)),
      growVersion(store.db, tenantId, existsIn(table, is(row.revision))),
    ])
    if (written.meta.changes > 0) {
      await store.announce(tenantId)
      return ok(row)
    }
    const refused = await refusal?.(row)
    if (refused) return err(refused)
  }
  const crowded = new Error(`A record was changed by others ${rounds} times during one change`)
  // Nothing is broken: the caller may try again when the others are done.
  throw Object.assign(crowded, { retryable: true })
}

/** Removes the row, and in the same batch what `also` removes. */
export async function removeRow(
  store: Store,
  table: Owned,
  tenantId: string,
  id: string,
  also: BatchItem<'sqlite'>[] = [],
): Promise<boolean> {
  const { db } = store
  const where = mine(table, tenantId, id)
  const [, removed] = await db.batch([
    growVersion(db, tenantId, existsIn(table, where)),
    db.delete(table).where(where).returning({ id: table.id }),
    ...also,
  ])
  if (removed.length === 0) return false
  await store.announce(tenantId)
  return true
}

/** `row` with the fields that `change` names. */
export function withChange<Row extends object>(
  row: Row,
  change: { [Field in keyof Row]?: Row[Field] | undefined },
): Row {
  const named = Object.entries(change).filter(([, value]) => value !== undefined)
  return { ...row, ...Object.fromEntries(named) }
}
