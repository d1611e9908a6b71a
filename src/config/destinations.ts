import { and, eq } from 'drizzle-orm'
import type { DecidedDestination } from '../model/destination.ts'
import { newId } from '../model/ids.ts'
import { err, ok, type Result } from '../model/result.ts'
import type {
  ChangedDestination,
  DestinationRecord,
  SigningSecret,
  TenantConfig,
} from './config.ts'
import type { Keyring } from './keyring.ts'
import { pageOf, pageQuery } from './paging.ts'
import { insertRow, mine, removeRow, updateRow, withChange } from './rows.ts'
import { connections, destinations } from './schema.ts'
import { jsonOf, maskConfig, openConfig, resealConfig } from './sealed-config.ts'
import { openSecrets, rotated, sealSecrets } from './signing-secrets.ts'
import type { Store } from './store.ts'

type Row = typeof destinations.$inferSelect
type Secret = { secretPaths: readonly string[] }

const limit = 1000

/** The record with the secrets of its config open. */
export async function openDestination(keyring: Keyring, row: Row): Promise<DestinationRecord> {
  const { tenant_id, revision: _revision, secret_paths, signing_secrets: _secrets, ...record } = row
  const owner = { tenant: tenant_id, record: row.id }
  return { ...record, config: await openConfig(keyring, owner, row.config, secret_paths) }
}

export function destinationRecords(store: Store, tenantId: string): TenantConfig['destinations'] {
  const { db } = store

  const read = (id: string): Promise<Row | undefined> =>
    db
      .select()
      .from(destinations)
      .where(mine(destinations, tenantId, id))
      .get()

  const maskedOf = async (row: Row): Promise<DestinationRecord> => {
    const { config, ...record } = await openDestination(await store.keyring(), row)
    return { ...record, config: await maskConfig(jsonOf(config), row.secret_paths) }
  }

  async function create({
    secretPaths,
    config,
    signing_secret: secret,
    ...destination
  }: DecidedDestination & Secret & { signing_secret: string | null }) {
    const now = store.now()
    const keyring = await store.keyring()
    const id = newId('destination', now, store.random(16))
    const owner = { tenant: tenantId, record: id }
    const sealed = await resealConfig(keyring, owner, config, secretPaths, null, store.random)
    if (!sealed.ok) return sealed
    const ids = { id, tenant_id: tenantId }
    const row: Row = {
      ...destination,
      ...sealed.value,
      ...ids,
      paused: false,
      disabled_reason: null,
      signing_secrets:
        secret === null
          ? null
          : await sealSecrets(keyring, ids, [{ secret, until: null }], store.random),
      revision: 1,
      created_at: now,
      updated_at: now,
    }
    const inserted = await insertRow(store, destinations, row, limit)
    if (inserted.ok) return ok(await maskedOf(row))
    return err(inserted.error === 'refused' ? 'unknown_tenant' : inserted.error)
  }

  async function changed(row: Row, { secretPaths, config, ...change }: ChangedDestination) {
    // Whoever switches it by hand has the last word on why it is as it is.
    const reason = change.enabled === undefined ? {} : { disabled_reason: null }
    const fields = withChange(row, { ...reason, ...change })
    if (config === undefined) return ok(fields)
    const keyring = await store.keyring()
    const owner = { tenant: tenantId, record: row.id }
    const sealed = await resealConfig(keyring, owner, config, secretPaths, row, store.random)
    return sealed.ok ? ok({ ...fields, ...sealed.value }) : sealed
  }

  async function reconfigure<E>(
    id: string,
    decide: (stored: DestinationRecord) => Promise<Result<ChangedDestination, E>>,
  ) {
    const updated = await updateRow<Row, E | 'masked_secret'>(store, destinations, tenantId, {
      read: () => read(id),
      async next(row) {
        const change = await decide(await openDestination(await store.keyring(), row))
        return change.ok ? changed(row, change.value) : change
      },
      write: (row, where) => db.update(destinations).set(row).where(where),
    })
    return updated.ok ? ok(await maskedOf(updated.value)) : updated
  }

  async function update(id: string, change: ChangedDestination) {
    const updated = await updateRow(store, destinations, tenantId, {
      read: () => read(id),
      next: (row) => changed(row, change),
      write: (row, where) => db.update(destinations).set(row).where(where),
    })
    return updated.ok ? ok(await maskedOf(updated.value)) : updated
  }

  async function rotate(id: string, secret: string, until: number) {
    let secrets: SigningSecret[] = []
    const updated = await updateRow(store, destinations, tenantId, {
      read: () => read(id),
      async next(row) {
        const now = store.now()
        const keyring = await store.keyring()
        const next = rotated(await openSecrets(keyring, row, now), secret, until, now)
        if (next === null) return err('limit_reached' as const)
        secrets = next
        return ok({ ...row, signing_secrets: await sealSecrets(keyring, row, next, store.random) })
      },
      write: (row, where) => db.update(destinations).set(row).where(where),
    })
    return updated.ok ? ok(secrets) : updated
  }

  return {
    create,
    update,
    reconfigure,
    rotate,
    async list(request) {
      const { where, orderBy, limit: most } = pageQuery(destinations, request)
      const own = and(eq(destinations.tenant_id, tenantId), where)
      const rows = await db.select().from(destinations).where(own).orderBy(orderBy).limit(most)
      return pageOf(await Promise.all(rows.map(maskedOf)), request)
    },
    async get(id) {
      const row = await read(id)
      return row === undefined ? null : maskedOf(row)
    },
    remove: (id) =>
      removeRow(store, destinations, tenantId, id, [
        db
          .delete(connections)
          .where(and(eq(connections.tenant_id, tenantId), eq(connections.destination_id, id))),
      ]),
    async signingSecrets(id) {
      const row = await read(id)
      return row === undefined ? null : openSecrets(await store.keyring(), row, store.now())
    },
  }
}
