import { and, eq } from 'drizzle-orm'
import type { NewSource } from '../model/source.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { ChangedSource, SourceRecord, TenantConfig } from './config.ts'
import type { Keyring } from './keyring.ts'
import { pageOf, pageQuery } from './paging.ts'
import { insertRow, mine, removeRow, updateRow, withChange } from './rows.ts'
import { connections, sources } from './schema.ts'
import { jsonOf, maskConfig, openConfig, resealConfig } from './sealed-config.ts'
import { newSourceId } from './source-id.ts'
import type { Store } from './store.ts'

type Row = typeof sources.$inferSelect
type Secret = { secretPaths: readonly string[] }

const limit = 1000

/** The record with its secrets open. */
export async function openSource(keyring: Keyring, row: Row): Promise<SourceRecord> {
  const { tenant_id, revision: _revision, secret_paths, ...record } = row
  const owner = { tenant: tenant_id, record: row.id }
  return { ...record, config: await openConfig(keyring, owner, row.config, secret_paths) }
}

export function sourceRecords(store: Store, tenantId: string): TenantConfig['sources'] {
  const { db } = store

  const read = (id: string): Promise<Row | undefined> =>
    db
      .select()
      .from(sources)
      .where(mine(sources, tenantId, id))
      .get()

  async function maskedOf(row: Row): Promise<SourceRecord> {
    const { config, ...record } = await openSource(await store.keyring(), row)
    return { ...record, config: await maskConfig(jsonOf(config), row.secret_paths) }
  }

  async function create({ secretPaths, config, ...source }: NewSource & Secret) {
    const now = store.now()
    const keyring = await store.keyring()
    const id = await newSourceId(keyring, now, store.random)
    const owner = { tenant: tenantId, record: id }
    const sealed = await resealConfig(keyring, owner, config, secretPaths, null, store.random)
    if (!sealed.ok) return sealed
    const times = { created_at: now, updated_at: now }
    const row: Row = { ...source, ...sealed.value, ...times, id, tenant_id: tenantId, revision: 1 }
    const inserted = await insertRow(store, sources, row, limit)
    if (inserted.ok) return ok(await maskedOf(row))
    return err(inserted.error === 'refused' ? 'unknown_tenant' : inserted.error)
  }

  async function changed(row: Row, { secretPaths, config, ...change }: ChangedSource) {
    const fields = withChange(row, change)
    if (config === undefined) return ok(fields)
    const keyring = await store.keyring()
    const owner = { tenant: tenantId, record: row.id }
    const sealed = await resealConfig(keyring, owner, config, secretPaths, row, store.random)
    return sealed.ok ? ok({ ...fields, ...sealed.value }) : sealed
  }

  async function reconfigure<E>(
    id: string,
    decide: (stored: SourceRecord) => Promise<Result<ChangedSource, E>>,
  ) {
    const updated = await updateRow<Row, E | 'masked_secret'>(store, sources, tenantId, {
      read: () => read(id),
      async next(row) {
        const change = await decide(await openSource(await store.keyring(), row))
        return change.ok ? changed(row, change.value) : change
      },
      write: (row, where) => db.update(sources).set(row).where(where),
    })
    return updated.ok ? ok(await maskedOf(updated.value)) : updated
  }

  async function update(id: string, change: ChangedSource) {
    const updated = await updateRow(store, sources, tenantId, {
      read: () => read(id),
      next: (row) => changed(row, change),
      write: (row, where) => db.update(sources).set(row).where(where),
    })
    return updated.ok ? ok(await maskedOf(updated.value)) : updated
  }

  return {
    create,
    update,
    reconfigure,
    async list(request) {
      const { where, orderBy, limit: most } = pageQuery(sources, request)
      const own = and(eq(sources.tenant_id, tenantId), where)
      const rows = await db.select().from(sources).where(own).orderBy(orderBy).limit(most)
      return pageOf(await Promise.all(rows.map(maskedOf)), request)
    },
    async get(id) {
      const row = await read(id)
      return row === undefined ? null : maskedOf(row)
    },
    remove: (id) =>
      removeRow(store, sources, tenantId, id, [
        db
          .delete(connections)
          .where(and(eq(connections.tenant_id, tenantId), eq(connections.source_id, id))),
      ]),
  }
}
