import { and, eq } from 'drizzle-orm'
import { newId } from '../model/ids.ts'
import { err, ok } from '../model/result.ts'
import { hashOfKey, newApiKey, sameSecret, tenantOfKey } from './api-key.ts'
import type { ApiKey, Principal, TenantConfig } from './config.ts'
import { pageOf, pageQuery } from './paging.ts'
import { insertRow, removeRow } from './rows.ts'
import { apiKeys } from './schema.ts'
import type { Store } from './store.ts'

type Row = typeof apiKeys.$inferSelect

const limit = 100

export const recordOfKey = ({ hash: _hash, tenant_id: _tenant, ...record }: Row): ApiKey => record

/** A key and the row that recognizes it. The key itself is nowhere else. */
export function newKeyOf(
  { now, random }: Pick<Store, 'now' | 'random'>,
  tenantId: string,
  fields: Pick<ApiKey, 'name' | 'role' | 'expires_at'>,
): { key: string; row: Row } {
  const key = newApiKey(tenantId, random)
  const created_at = now()
  const id = newId('apiKey', created_at, random(16))
  const row = { ...fields, id, hash: hashOfKey(key), tenant_id: tenantId, created_at }
  return { key, row: { ...row, last4: key.slice(-4) } }
}

export function keyRecords(store: Store, tenantId: string): TenantConfig['apiKeys'] {
  return {
    async create(fields) {
      const { key, row } = newKeyOf(store, tenantId, fields)
      const inserted = await insertRow(store, apiKeys, row, limit)
      if (inserted.ok) return ok({ record: recordOfKey(row), key })
      return err(inserted.error === 'refused' ? 'unknown_tenant' : inserted.error)
    },
    async list(request) {
      const query = pageQuery(apiKeys, request)
      const rows = await store.db
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.tenant_id, tenantId), query.where))
        .orderBy(query.orderBy)
        .limit(query.limit)
      return pageOf(rows.map(recordOfKey), request)
    },
    remove: (id) => removeRow(store, apiKeys, tenantId, id),
  }
}

/** Whose `bearer` is, by a read of the database: what was revoked a moment ago is refused. */
export async function authenticate(
  { db, now }: Store,
  adminKey: string,
  bearer: string,
): Promise<Principal | null> {
  // Without an instance key nobody is the instance, not everybody with an empty one.
  if (adminKey !== '' && sameSecret(bearer, adminKey)) return { kind: 'instance' }
  const tenantId = tenantOfKey(bearer)
  if (tenantId === null) return null
  const row = await db
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.hash, hashOfKey(bearer)))
    .get()
  if (row === undefined || row.tenant_id !== tenantId) return null
  if (row.expires_at !== null && row.expires_at <= now()) return null
  return { kind: 'tenant', tenantId, role: row.role }
}
