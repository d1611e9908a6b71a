import type { ConnectionPolicy } from './connection.ts'
import type { DestinationPolicy } from './destination.ts'

/** What a tenant's ledger knows of its configuration. `version` grows with every change. */
export interface LedgerConfig {
  version: number
  tenant_id: string
  shard: number
  shards: number
  retention_days: number
  /** Events a second over all shards; `null`: no limit. */
  ingest_per_s: number | null
  destinations: Record<string, DestinationPolicy>
  connections: Record<string, ConnectionPolicy>
}
