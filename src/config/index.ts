import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { hashOfKey, tenantOfKey } from './api-key.ts'
import type { Configuration, ConfigurationNeeds, TenantConfig } from './config.ts'
import { connectionRecords } from './connections.ts'
import { destinationRecords } from './destinations.ts'
import { keyringOf, masterKeysIn } from './keyring.ts'
import { authenticate, keyRecords } from './keys.ts'
import { onceIn } from './once.ts'
import { sources, tenants } from './schema.ts'
import { load } from './snapshot.ts'
import { isSourceId } from './source-id.ts'
import { sourceRecords } from './sources.ts'
import type { Store } from './store.ts'
import { liveTenant } from './store.ts'
import { tenantRecords } from './tenants.ts'

export { jsonOf, keepMasked } from './sealed-config.ts'

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function storeOf({ db, masterKey, now, random, changed, wait = sleep }: ConfigurationNeeds): Store {
  const store: Store = {
    db: drizzle(db),
    keyring: () => keyringOf(masterKey),
    now,
    random,
    wait,
    async announce(tenantId) {
      const tell = async (): Promise<void> => {
        const snapshot = await load(store, tenantId)
        if (snapshot !== null) await changed(snapshot)
      }
      // The change is committed, so that an error would be a lie. A ledger that was not told twice learns of it from the
      // next event that carries the new version, and snapshots of the old one expire after 10 s.
      await tell().catch(() => tell().catch(() => null))
    },
  }
  return store
}

/** All of the configuration, over D1. Throws at once where `masterKey` is no key. */
export function createConfiguration(needs: ConfigurationNeeds): Configuration {
  masterKeysIn(needs.masterKey)
  const store = storeOf(needs)
  const { db } = store

  const of = (tenantId: string): TenantConfig => ({
    sources: sourceRecords(store, tenantId),
    destinations: destinationRecords(store, tenantId),
    connections: connectionRecords(store, tenantId),
    apiKeys: keyRecords(store, tenantId),
  })

  return {
    tenants: tenantRecords(store, needs.erase),
    of,
    authenticate: (bearer) => authenticate(store, needs.adminKey, bearer),
    load: (tenantId) => load(store, tenantId),
    async versionOf(tenantId) {
      const query = db.select({ version: tenants.version }).from(tenants)
      return (await query.where(liveTenant(tenantId)).get())?.version ?? null
    },
    async tenantOfSource(sourceId) {
      if (!(await isSourceId(await store.keyring(), sourceId))) return null
      const query = db.select({ tenant_id: sources.tenant_id }).from(sources)
      return (await query.where(eq(sources.id, sourceId)).get())?.tenant_id ?? null
    },
    tenantOfKey,
    hashOfKey,
    once: onceIn(store),
  }
}
