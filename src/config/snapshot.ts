import { eq } from 'drizzle-orm'
import type { Snapshot } from './config.ts'
import { connectionOf } from './connections.ts'
import { openDestination } from './destinations.ts'
import type { Keyring } from './keyring.ts'
import { apiKeys, connections, destinations, sources, tenants } from './schema.ts'
import { openSecrets } from './signing-secrets.ts'
import { openSource } from './sources.ts'
import type { Store } from './store.ts'
import { liveTenant } from './store.ts'
import { tenantOf } from './tenants.ts'

async function openTarget(
  keyring: Keyring,
  row: typeof destinations.$inferSelect,
  now: number,
): Promise<Snapshot['destinations'][number]> {
  const record = await openDestination(keyring, row)
  return { ...record, signing_secrets: await openSecrets(keyring, row, now) }
}

/** All of it in one batch, which is one transaction: the version is that of every row beside it. */
export async function load(store: Store, tenantId: string): Promise<Snapshot | null> {
  const { db } = store
  const [[tenant], sourceRows, destinationRows, connectionRows, keyRows] = await db.batch([
    db.select().from(tenants).where(liveTenant(tenantId)),
    db.select().from(sources).where(eq(sources.tenant_id, tenantId)).orderBy(sources.id),
    db
      .select()
      .from(destinations)
      .where(eq(destinations.tenant_id, tenantId))
      .orderBy(destinations.id),
    db
      .select()
      .from(connections)
      .where(eq(connections.tenant_id, tenantId))
      .orderBy(connections.id),
    db
      .select({ hash: apiKeys.hash, role: apiKeys.role, expires_at: apiKeys.expires_at })
      .from(apiKeys)
      .where(eq(apiKeys.tenant_id, tenantId)),
  ])
  if (tenant === undefined) return null
  const keyring = await store.keyring()
  const now = store.now()
  return {
    version: tenant.version,
    tenant: tenantOf(tenant),
    sources: await Promise.all(sourceRows.map((row) => openSource(keyring, row))),
    destinations: await Promise.all(destinationRows.map((row) => openTarget(keyring, row, now))),
    connections: connectionRows.map(connectionOf),
    keys: keyRows,
  }
}
