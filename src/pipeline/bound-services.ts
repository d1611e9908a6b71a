import type { Configuration } from '../config/config.ts'
import type { Vault } from '../config/vault.ts'
import type { World } from '../destinations/destination.ts'
import type { LedgerApi, Pointer } from '../ledger/protocol.ts'
import type { Log } from '../log.ts'
import type { Snapshots } from './snapshots.ts'

/** All that the verbs of the flow may use of the outside. Made once per invocation from the bindings. */
export interface Services {
  configuration: Configuration
  /** Compiled configurations, kept for the isolate's life and never older than the tenant's ledger knows. */
  snapshots: Snapshots
  ledger: (tenantId: string, shard: number) => LedgerApi
  /** Asks, through the queue of dead letters, that one be buried. */
  bury: (pointer: Extract<Pointer, { kind: 'bury' }>) => Promise<void>
  /** Keeps the invocation alive for work that goes on after the answer. */
  after: (work: Promise<unknown>) => void
  fetch: typeof fetch
  now: () => number
  sleep: (ms: number) => Promise<void>
  random: (bytes: number) => Uint8Array
  log: Log
  /** `afterMs`: how long an invocation may go on with what began within it, its last settling included. */
  limits: { maxBodyBytes: number; afterMs: number }
  allowlist: readonly string[]
  /** Whether `X-Forwarded-Proto` is the word of a server of the operator's own in front of this one. */
  isBehindServer: boolean
  /** A queue or a mailer of the account that the Worker is bound to by this name, for deliveries. */
  queue: World['queue']
  mailer: World['mailer']
  vault: Vault
}
