import type { SQL } from 'drizzle-orm'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { DrizzleD1Database } from 'drizzle-orm/d1'
import type { Keyring } from './keyring.ts'
import { tenants } from './schema.ts'

/** What every resource's file works with. */
export interface Store {
  db: DrizzleD1Database
  keyring: () => Promise<Keyring>
  now: () => number
  random: (bytes: number) => Uint8Array
  wait: (ms: number) => Promise<void>
  /** Tells the tenant's ledgers what is stored now. Never fails: the change is committed already. */
  announce: (tenantId: string) => Promise<void>
}

export const liveTenant = (tenantId: string): SQL | undefined =>
  and(eq(tenants.id, tenantId), isNull(tenants.deleted_at))

export const tenantLives = (tenantId: string): SQL =>
  sql`exists (select 1 from ${tenants} where ${liveTenant(tenantId)})`

/** The statement that stands in one batch with every change. `when`: that the change took place, in SQL. */
export const growVersion = (db: DrizzleD1Database, tenantId: string, when: SQL) =>
  db
    .update(tenants)
    .set({ version: sql`${tenants.version} + 1` })
    .where(and(liveTenant(tenantId), when))
