import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { ConnectionConfig, Order, Priority } from '../model/connection.ts'
import type { Circuit, RateLimit, Retry } from '../model/destination.ts'
import type { JsonObject } from '../model/json.ts'
import type { Dedupe } from '../model/source.ts'
import type { Role } from '../model/tenant.ts'

/** Times are ms. `migrations/` is made from this file by `npm run db:generate`. */
export const tenants = sqliteTable('tenants', {
  id: text().primaryKey(),
  name: text().notNull(),
  ingest_per_s: integer(),
  retention_days: integer().notNull(),
  shards: integer().notNull(),
  version: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  /** Set while its ledgers are being erased: to everyone else it is gone already. */
  deleted_at: integer(),
})

/** Found by the hash in the request that carries the key, so the hash is the row's key. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    hash: text().primaryKey(),
    id: text().notNull(),
    tenant_id: text().notNull(),
    name: text().notNull(),
    role: text().$type<Role>().notNull(),
    last4: text().notNull(),
    expires_at: integer(),
    created_at: integer().notNull(),
  },
  (table) => [uniqueIndex('api_keys_of_tenant').on(table.tenant_id, table.id)],
)

/** `revision` grows with each write, so that a change which was made of an older reading is not applied. */
const owned = {
  id: text().primaryKey(),
  tenant_id: text().notNull(),
  revision: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
}

/** `config` holds sealed texts at `secret_paths`: the paths as they were when it was sealed. */
const sealed = {
  config: text({ mode: 'json' }).$type<JsonObject>().notNull(),
  secret_paths: text({ mode: 'json' }).$type<string[]>().notNull(),
}

export const sources = sqliteTable(
  'sources',
  {
    ...owned,
    ...sealed,
    name: text().notNull(),
    provider: text().notNull(),
    enabled: integer({ mode: 'boolean' }).notNull(),
    dedupe: text({ mode: 'json' }).$type<Dedupe>().notNull(),
  },
  (table) => [index('sources_of_tenant').on(table.tenant_id, table.id)],
)

export const destinations = sqliteTable(
  'destinations',
  {
    ...owned,
    ...sealed,
    name: text().notNull(),
    type: text().notNull(),
    enabled: integer({ mode: 'boolean' }).notNull(),
    paused: integer({ mode: 'boolean' }).notNull(),
    disabled_reason: text(),
    rate_limit: text({ mode: 'json' }).$type<RateLimit>(),
    concurrency: integer().notNull(),
    timeout_ms: integer().notNull(),
    retry: text({ mode: 'json' }).$type<Retry>().notNull(),
    retry_on: text({ mode: 'json' }).$type<string[]>(),
    circuit: text({ mode: 'json' }).$type<Circuit>(),
    /** All signing secrets with their overlaps, as one sealed text: none can be moved or revived alone. */
    signing_secrets: text(),
  },
  (table) => [index('destinations_of_tenant').on(table.tenant_id, table.id)],
)

export const connections = sqliteTable(
  'connections',
  {
    ...owned,
    name: text(),
    source_id: text(),
    event_types: text({ mode: 'json' }).$type<string[]>().notNull(),
    filter: text({ mode: 'json' }).$type<Record<string, unknown>>(),
    transform: text(),
    destination_id: text().notNull(),
    order: text({ mode: 'json' }).$type<Order>(),
    priority: text().$type<Priority>().notNull(),
    enabled: integer({ mode: 'boolean' }).notNull(),
    config: text({ mode: 'json' }).$type<ConnectionConfig>().notNull().default({ mapping: {} }),
  },
  (table) => [index('connections_of_tenant').on(table.tenant_id, table.id)],
)

/** One row per write request that named an `Idempotency-Key`, for a day. */
export const idempotency = sqliteTable(
  'idempotency',
  {
    scope: text().notNull(),
    /** SHA-256 of the caller's key, so that its length and content are no matter. */
    key: text().notNull(),
    fingerprint: text().notNull(),
    claim: text().notNull(),
    claimed_at: integer().notNull(),
    /** Sealed; `null` while the first request runs. */
    answer: text(),
    expires_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.key] }),
    index('idempotency_expired').on(table.expires_at),
  ],
)
