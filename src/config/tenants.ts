import { and, eq, isNull, sql } from 'drizzle-orm'
import { newId } from '../model/ids.ts'
import type { NewTenant, TenantChange } from '../model/tenant.ts'
import type { Configuration, Tenant } from './config.ts'
import { newKeyOf, recordOfKey } from './keys.ts'
import { pageOf, pageQuery } from './paging.ts'
import { apiKeys, connections, destinations, idempotency, sources, tenants } from './schema.ts'
import type { Store } from './store.ts'
import { liveTenant } from './store.ts'

type Row = typeof tenants.$inferSelect

export const tenantOf = ({ ingest_per_s, deleted_at: _deleted, ...row }: Row): Tenant => ({
  ...row,
  limits: { ingest_per_s },
})

export function tenantRecords(
  store: Store,
  erase: (tenant: Tenant) => Promise<void>,
): Configuration['tenants'] {
  const { db } = store

  async function create({ limits, ...tenant }: NewTenant) {
    const now = store.now()
    const row: Row = {
      ...tenant,
      id: newId('tenant', now, store.random(16)),
      ingest_per_s: limits.ingest_per_s,
      version: 1,
      created_at: now,
      updated_at: now,
      deleted_at: null,
    }
    const owner = newKeyOf(store, row.id, { name: 'Owner', role: 'owner', expires_at: null })
    await db.batch([db.insert(tenants).values(row), db.insert(apiKeys).values(owner.row)])
    await store.announce(row.id)
    return { tenant: tenantOf(row), key: owner.key, record: recordOfKey(owner.row) }
  }

  async function update(id: string, { limits, ...change }: TenantChange): Promise<Tenant | null> {
    const [row] = await db
      .update(tenants)
      .set({
        ...change,
        ...(limits && { ingest_per_s: limits.ingest_per_s }),
        version: sql`${tenants.version} + 1`,
        updated_at: store.now(),
      })
      .where(liveTenant(id))
      .returning()
    if (row === undefined) return null
    await store.announce(id)
    return tenantOf(row)
  }

  /**
   * The rows go in one batch, and the tenant is marked in it: it is gone for everyone from then on. Its own row goes after
   * its ledgers, so that a removal which was interrupted in between is finished by asking for it again.
   */
  async function remove(id: string): Promise<boolean> {
    const marked = db
      .update(tenants)
      .set({ deleted_at: store.now(), version: sql`${tenants.version} + 1` })
      .where(eq(tenants.id, id))
      .returning()
    const [[row]] = await db.batch([
      marked,
      db.delete(connections).where(eq(connections.tenant_id, id)),
      db.delete(sources).where(eq(sources.tenant_id, id)),
      db.delete(destinations).where(eq(destinations.tenant_id, id)),
      db.delete(apiKeys).where(eq(apiKeys.tenant_id, id)),
      // `0` is the character after `/`: all scopes that start with the id and a slash.
      db
        .delete(idempotency)
        .where(
          sql`${idempotency.scope} = ${id} or (${idempotency.scope} >= ${`${id}/`} and ${idempotency.scope} < ${`${id}0`})`,
        ),
    ])
    if (row === undefined) return false
    await erase(tenantOf(row))
    await db.delete(tenants).where(eq(tenants.id, id))
    return true
  }

  return {
    create,
    update,
    remove,
    async list(request) {
      const { where, orderBy, limit } = pageQuery(tenants, request)
      const live = and(isNull(tenants.deleted_at), where)
      const rows = await db.select().from(tenants).where(live).orderBy(orderBy).limit(limit)
      return pageOf(rows.map(tenantOf), request)
    },
    async get(id) {
      const row = await db.select().from(tenants).where(liveTenant(id)).get()
      return row === undefined ? null : tenantOf(row)
    },
  }
}
