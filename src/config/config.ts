import type { ConnectionChange, NewConnection } from '../model/connection.ts'
import type { DestinationChange, DecidedDestination } from '../model/destination.ts'
import type { Page } from '../model/page.ts'
import type { Result } from '../model/result.ts'
import type { NewSource, SourceChange } from '../model/source.ts'
import type { NewTenant, Role, TenantChange } from '../model/tenant.ts'

/** Times are ms; a stored secret is sealed, and opened only in a `Snapshot` or by `secret…` methods. */
export interface Tenant {
  id: string
  name: string
  limits: { ingest_per_s: number | null }
  retention_days: number
  shards: number
  version: number
  created_at: number
  updated_at: number
}

export interface ApiKey {
  id: string
  name: string
  role: Role
  last4: string
  expires_at: number | null
  created_at: number
}

export interface SourceRecord extends NewSource {
  id: string
  created_at: number
  updated_at: number
}

export interface DestinationRecord extends DecidedDestination {
  id: string
  paused: boolean
  /** Why Switchyard disabled it (`gone`), `null` where a person did or nobody. */
  disabled_reason: string | null
  created_at: number
  updated_at: number
}

export interface ConnectionRecord extends NewConnection {
  id: string
  created_at: number
  updated_at: number
}

/** A signing secret; `until`: the end of its overlap in ms, `null` for the current one. */
export interface SigningSecret {
  secret: string
  until: number | null
}

/** All of a tenant's configuration at one version, read in one go, with its secrets open. Never logged. */
export interface Snapshot {
  version: number
  tenant: Tenant
  sources: SourceRecord[]
  destinations: (DestinationRecord & { signing_secrets: SigningSecret[] })[]
  connections: ConnectionRecord[]
  keys: { hash: string; role: Role; expires_at: number | null }[]
}

/** Who calls: the instance's key, or a tenant's. */
export type Principal = { kind: 'instance' } | { kind: 'tenant'; tenantId: string; role: Role }

export interface ListRequest {
  limit: number
  order: 'asc' | 'desc'
  after: string | null
  since: number | null
  until: number | null
}

/** Why no record was made: the tenant has all it may have, or was deleted meanwhile. */
export type NotCreated = 'limit_reached' | 'unknown_tenant'

/** `masked_secret`: a mask where a secret belongs, and no stored secret that it could stand for. */
export type ConfigRefusal = 'masked_secret'

/** What a connection needs of its tenant. `order_key_conflict`: with shards, all orders have one key. */
export type ConnectionRefusal = 'unknown_source' | 'unknown_destination' | 'order_key_conflict'

/**
 * A missing record is `null`, `false` or `not_found`: another tenant's is as missing as one that never was.
 * `Refusal`: what else may be wrong with a record.
 */
export interface Records<Stored, New, Change, Refusal extends string> {
  create(record: New): Promise<Result<Stored, NotCreated | Refusal>>
  list(request: ListRequest): Promise<Page<Stored>>
  get(id: string): Promise<Stored | null>
  update(id: string, change: Change): Promise<Result<Stored, 'not_found' | Refusal>>
  remove(id: string): Promise<boolean>
}

export type ChangedSource = SourceChange & { secretPaths: readonly string[] }

export type ChangedDestination = DestinationChange & {
  secretPaths: readonly string[]
  paused?: boolean
  disabled_reason?: string | null
}

/** A change that is made of what is stored. */
interface Reconfigured<Stored, Change> {
  /**
   * As `update` with what `decide` makes of the record, whose secrets are open. It is asked again where the record was changed
   * meanwhile, so that of two changes at once neither undoes the other.
   */
  reconfigure<E>(
    id: string,
    decide: (stored: Stored) => Promise<Result<Change, E>>,
  ): Promise<Result<Stored, 'not_found' | ConfigRefusal | E>>
}

/**
 * One tenant's configuration: the only way to it, so that a caller cannot forget whose it is.
 * Each change and the growth of the tenant's version are one D1 batch, and the ledger is told before the promise
 * resolves. `secretPaths`: which parts of `config` to seal. Reads answer sealed parts masked. A changed `config`
 * replaces the whole one, but a masked secret in it keeps the stored one. Removing a source or a destination removes the
 * connections that name it.
 */
export interface TenantConfig {
  sources: Records<
    SourceRecord,
    NewSource & { secretPaths: readonly string[] },
    ChangedSource,
    ConfigRefusal
  > &
    Reconfigured<SourceRecord, ChangedSource>
  destinations: Records<
    DestinationRecord,
    DecidedDestination & { secretPaths: readonly string[]; signing_secret: string | null },
    ChangedDestination,
    ConfigRefusal
  > &
    Reconfigured<DestinationRecord, ChangedDestination> & {
      signingSecrets(id: string): Promise<SigningSecret[] | null>
      /** The new secret signs first; the others go on until `until` or their own earlier end, ten of them at most. */
      rotate(
        id: string,
        secret: string,
        until: number,
      ): Promise<Result<SigningSecret[], 'not_found' | 'limit_reached'>>
    }
  connections: Records<ConnectionRecord, NewConnection, ConnectionChange, ConnectionRefusal>
  apiKeys: {
    create(key: {
      name: string
      role: Role
      expires_at: number | null
    }): Promise<Result<{ record: ApiKey; key: string }, NotCreated>>
    list(request: ListRequest): Promise<Page<ApiKey>>
    remove(id: string): Promise<boolean>
  }
}

export interface Configuration {
  tenants: {
    create(tenant: NewTenant): Promise<{ tenant: Tenant; key: string; record: ApiKey }>
    list(request: ListRequest): Promise<Page<Tenant>>
    get(id: string): Promise<Tenant | null>
    update(id: string, change: TenantChange): Promise<Tenant | null>
    /** Its rows here and, through `erase`, its ledgers. */
    remove(id: string): Promise<boolean>
  }
  of(tenantId: string): TenantConfig
  /** Reads D1, so that a revoked key is refused from the very next request on. */
  authenticate(bearer: string): Promise<Principal | null>
  /** Reads the whole configuration of a tenant in one batch; `null`: no such tenant. */
  load(tenantId: string): Promise<Snapshot | null>
  /** The version alone: one row read. */
  versionOf(tenantId: string): Promise<number | null>
  /** Whose source it is; `null` for an id whose checksum is wrong (no D1) or that is not stored. */
  tenantOfSource(sourceId: string): Promise<string | null>
  /** The tenant in an API key's front, without asking D1; `null` for what is not a key. */
  tenantOfKey(bearer: string): string | null
  hashOfKey(bearer: string): string
  /**
   * Runs `execute` once for `key` within `scope`: same fingerprint → the first answer again (sealed at rest, kept
   * 24 h), another one → `conflict`. Two at once: one runs, the other waits up to 10 s for its answer, else `busy`.
   * Answers of 500 and above are not kept. `scope` is a tenant's id or starts with it and a `/`, so that it goes when
   * the tenant goes; what belongs to no tenant has a scope of another form.
   */
  once(
    scope: string,
    key: string,
    fingerprint: string,
    execute: () => Promise<StoredAnswer>,
  ): Promise<{ kind: 'answer'; answer: StoredAnswer } | { kind: 'conflict' } | { kind: 'busy' }>
}

export interface StoredAnswer {
  status: number
  body: string
  contentType: string
}

/** What the configuration is handed. `changed` tells the tenant's ledgers; `erase` empties them. */
export interface ConfigurationNeeds {
  db: D1Database
  masterKey: string
  adminKey: string
  now: () => number
  random: (bytes: number) => Uint8Array
  changed: (snapshot: Snapshot) => Promise<void>
  erase: (tenant: Tenant) => Promise<void>
  /** How `once` waits between two looks; by default with a timer. */
  wait?: (ms: number) => Promise<void>
}
