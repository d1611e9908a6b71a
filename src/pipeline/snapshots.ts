import type {
  Configuration,
  DestinationRecord,
  SigningSecret,
  Snapshot,
  SourceRecord,
  Tenant,
} from '../config/config.ts'
import { bindDestination, type BoundDestination } from '../destinations/bind.ts'
import type { LedgerConfig } from '../model/ledger-config.ts'
import type { Role } from '../model/tenant.ts'
import {
  compileConnection,
  compileExpression,
  type CompiledConnection,
  type Expression,
} from '../routing/index.ts'
import { type CompiledMapping, compileMapping } from './compile-mapping.ts'
import { bindSource, type BoundSource } from '../sources/index.ts'

export interface CompiledSource {
  record: SourceRecord
  bound: BoundSource
  /** The tenant's own way to tell the same event. */
  dedupeKey: Expression | null
}

export interface CompiledDestination {
  record: DestinationRecord
  bound: BoundDestination
  mapping: CompiledMapping
  signingSecrets: SigningSecret[]
}

/** A tenant's configuration at one version, with everything compiled that can be. */
export interface CompiledSnapshot {
  version: number
  tenant: Tenant
  keys: Map<string, { role: Role; expires_at: number | null }>
  sources: Map<string, CompiledSource>
  destinations: Map<string, CompiledDestination>
  connections: Map<string, CompiledConnection>
  /** What connections tell their destinations' types, by their ids. */
  mappings: Map<string, CompiledMapping>
  ledgerConfig(shard: number): LedgerConfig
}

/** What was saved has been checked, so that a failure here means that a newer version stores what this one cannot read. */
const readable = <T>(result: { ok: true; value: T } | { ok: false }): T[] =>
  result.ok ? [result.value] : []

export function compile(snapshot: Snapshot): CompiledSnapshot {
  const { tenant, version } = snapshot
  const enabled = new Map(snapshot.destinations.map(({ id, enabled: is }) => [id, is]))
  const compiledSources = snapshot.sources.flatMap((record) =>
    readable(bindSource(record.provider, record.config)).map((bound) => ({
      record,
      bound,
      dedupeKey:
        record.dedupe.key === undefined
          ? null
          : (readable(compileExpression(record.dedupe.key))[0] ?? null),
    })),
  )
  const compiledDestinations = snapshot.destinations.flatMap(
    ({ signing_secrets: signingSecrets, ...record }) =>
      readable(bindDestination(record.type, record.config)).map((bound) => ({
        record,
        bound,
        mapping: compileMapping(bound.mapping),
        signingSecrets,
      })),
  )
  const compiledConnections = snapshot.connections.flatMap((record) =>
    readable(compileConnection(record, enabled.get(record.destination_id) ?? false)),
  )
  return {
    version,
    tenant,
    keys: new Map(snapshot.keys.map(({ hash, ...key }) => [hash, key])),
    sources: new Map(compiledSources.map((source) => [source.record.id, source])),
    destinations: new Map(compiledDestinations.map((one) => [one.record.id, one])),
    mappings: new Map(
      snapshot.connections.map(({ id, config }) => [id, compileMapping(config.mapping)]),
    ),
    connections: new Map(compiledConnections.map((one) => [one.id, one])),
    ledgerConfig: (shard) => ledgerConfigOf(snapshot, shard),
  }
}

/** What one shard's ledger is told of a snapshot. */
export const ledgerConfigOf = (snapshot: Snapshot, shard: number): LedgerConfig => ({
  version: snapshot.version,
  tenant_id: snapshot.tenant.id,
  shard,
  shards: snapshot.tenant.shards,
  retention_days: snapshot.tenant.retention_days,
  ingest_per_s: snapshot.tenant.limits.ingest_per_s,
  destinations: Object.fromEntries(
    snapshot.destinations.map(
      ({ id, enabled, paused, rate_limit, concurrency, timeout_ms, retry, retry_on, circuit }) => [
        id,
        { enabled, paused, rate_limit, concurrency, timeout_ms, retry, retry_on, circuit },
      ],
    ),
  ),
  connections: Object.fromEntries(
    snapshot.connections.map(({ id, order }) => [id, { on_dead: order?.on_dead ?? null }]),
  ),
})

/** The compiled configurations that an isolate keeps. */
export interface Snapshots {
  /** At most 10 s old; `null`: there is no such tenant. */
  get(tenantId: string): Promise<CompiledSnapshot | null>
  /** Of this very moment. */
  reload(tenantId: string): Promise<CompiledSnapshot | null>
  /** Whose source it is; never asked twice, for a source never changes hands. */
  tenantOfSource(sourceId: string): Promise<string | null>
}

interface Kept {
  compiled: CompiledSnapshot
  checkedAt: number
}

/** What an isolate remembers between invocations. */
export interface SnapshotCache {
  kept: Map<string, Kept>
  owners: Map<string, string>
}

export const newSnapshotCache = (): SnapshotCache => ({ kept: new Map(), owners: new Map() })

/** After this a snapshot is not used any more, even if no ledger has said that it is stale. */
const lifeMs = 10_000
/** From this age on, one request looks for a newer one, beside its own work. */
const refreshMs = 5000
const mostTenants = 500
const mostOwners = 20_000

/** Keeps the newest `most` entries of a map; maps keep the order in which their entries came. */
function bound<V>(map: Map<string, V>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}

export function snapshotsOf(
  cache: SnapshotCache,
  configuration: Configuration,
  now: () => number,
  after: (work: Promise<unknown>) => void,
): Snapshots {
  const keep = (tenantId: string, kept: Kept) => {
    cache.kept.delete(tenantId)
    cache.kept.set(tenantId, kept)
    bound(cache.kept, mostTenants)
  }

  const reload = async (tenantId: string): Promise<CompiledSnapshot | null> => {
    const startedAt = now()
    const snapshot = await configuration.load(tenantId)
    if (snapshot === null) {
      cache.kept.delete(tenantId)
      return null
    }
    const known = cache.kept.get(tenantId)
    const compiled =
      known?.compiled.version === snapshot.version ? known.compiled : compile(snapshot)
    if (known === undefined || known.compiled.version <= compiled.version) {
      keep(tenantId, { compiled, checkedAt: startedAt })
    }
    return compiled
  }

  /** One row says whether there is something newer. */
  const refresh = async (tenantId: string, kept: Kept): Promise<CompiledSnapshot | null> => {
    const startedAt = now()
    const version = await configuration.versionOf(tenantId)
    if (version !== kept.compiled.version) return reload(tenantId)
    kept.checkedAt = startedAt
    return kept.compiled
  }

  return {
    reload,
    async get(tenantId) {
      const kept = cache.kept.get(tenantId)
      if (kept === undefined) return reload(tenantId)
      const age = now() - kept.checkedAt
      if (age >= lifeMs) return refresh(tenantId, kept)
      if (age >= refreshMs) {
        // Only this request looks; the others go on with what there is.
        kept.checkedAt = now() - (lifeMs - refreshMs) + 1
        after(refresh(tenantId, kept))
      }
      return kept.compiled
    },
    async tenantOfSource(sourceId) {
      const known = cache.owners.get(sourceId)
      if (known !== undefined) return known
      const owner = await configuration.tenantOfSource(sourceId)
      if (owner === null) return null
      cache.owners.set(sourceId, owner)
      bound(cache.owners, mostOwners)
      return owner
    },
  }
}
