import { createConfiguration } from './config/index.ts'
import type { Configuration } from './config/config.ts'
import { vaultOf } from './config/vault.ts'
import { parseAllowlist } from './destinations/allowlist.ts'
import type { EmailBinding, QueueBinding } from './destinations/destination.ts'
import type { LedgerApi } from './ledger/protocol.ts'
import { logAt } from './log.ts'
import type { Services } from './pipeline/bound-services.ts'
import { ledgerConfigOf, newSnapshotCache, snapshotsOf } from './pipeline/snapshots.ts'

/** What outlives an invocation: compiled configurations, and nothing that a request may not share. */
const cache = newSnapshotCache()

const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))
const now = (): number => Date.now()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What a Worker may do after its answer is 30 s; this leaves room to settle. */
const afterAnswerMs = 27_000
/** A machine of one's own sets no limit. Any attempt fits into this one, however long its time-out. */
const onOneMachineMs = 60_000

/** One ledger of a tenant. The generated binding does not know its class, so the RPC face is named here. */
const ledgerOf = (env: Env, tenantId: string, shard: number): LedgerApi =>
  env.LEDGER.getByName(`v1:${tenantId}:${shard}`)

const shardsOf = (shards: number): number[] => Array.from({ length: shards }, (_, shard) => shard)

const configurations = new WeakMap<Env, Configuration>()

function configurationOf(env: Env): Configuration {
  const known = configurations.get(env)
  if (known !== undefined) return known
  const configuration = newConfiguration(env)
  configurations.set(env, configuration)
  return configuration
}

const newConfiguration = (env: Env): Configuration =>
  createConfiguration({
    db: env.DB,
    masterKey: env.MASTER_KEY,
    adminKey: env.ADMIN_KEY,
    now,
    random,
    changed: async (snapshot) => {
      const { id, shards } = snapshot.tenant
      await Promise.all(
        shardsOf(shards).map((shard) =>
          ledgerOf(env, id, shard).configure(ledgerConfigOf(snapshot, shard)),
        ),
      )
    },
    erase: async ({ id, shards }) => {
      await Promise.all(shardsOf(shards).map((shard) => ledgerOf(env, id, shard).erase()))
    },
  })

/** What Switchyard runs on is nobody's destination. */
const own = new Set(['DELIVERIES_HIGH', 'DELIVERIES', 'DELIVERIES_LOW', 'DEAD_LETTERS', 'OUTBOUND'])

/** A binding of the account's that can send, by the name that wrangler.toml gives it. */
function senderOf(env: Env, name: string): object | null {
  const value: unknown = !own.has(name) && Object.hasOwn(env, name) ? Reflect.get(env, name) : null
  return typeof value === 'object' && value !== null && 'send' in value ? value : null
}

const isQueue = (binding: object): binding is QueueBinding => 'sendBatch' in binding
const isMailer = (binding: object): binding is EmailBinding => !('sendBatch' in binding)

function queueOf(env: Env, name: string): QueueBinding | null {
  const binding = senderOf(env, name)
  return binding !== null && isQueue(binding) ? binding : null
}

function mailerOf(env: Env, name: string): EmailBinding | null {
  const binding = senderOf(env, name)
  return binding !== null && isMailer(binding) ? binding : null
}

const isWayOut = (binding: unknown): binding is Fetcher =>
  typeof binding === 'object' && binding !== null && 'fetch' in binding

/** What deliveries leave by: a service bound as `OUTBOUND`, where the operator gives one, else the runtime's own `fetch`. */
function wayOutOf(env: Env): typeof fetch {
  const bound: unknown = Object.hasOwn(env, 'OUTBOUND') ? Reflect.get(env, 'OUTBOUND') : null
  return isWayOut(bound)
    ? (input, init) => bound.fetch(input, init)
    : (input, init) => fetch(input, init)
}

/** The bindings of one invocation as the services that the flow uses. */
export function servicesOf(env: Env, ctx: Pick<ExecutionContext, 'waitUntil'>): Services {
  const log = logAt(env.LOG)
  const configuration = configurationOf(env)
  const after = (work: Promise<unknown>): void =>
    ctx.waitUntil(
      work.catch((error: unknown) =>
        log({ at: 'step.crashed', step: 'after', error: String(error) }),
      ),
    )
  return {
    configuration,
    snapshots: snapshotsOf(cache, configuration, now, after),
    ledger: (tenantId, shard) => ledgerOf(env, tenantId, shard),
    bury: async (pointer) => {
      await env.DEAD_LETTERS.send(pointer)
    },
    after,
    fetch: wayOutOf(env),
    now,
    sleep,
    random,
    log,
    limits: {
      maxBodyBytes: Number(env.MAX_BODY_BYTES),
      afterMs: env.BOOT_ID === '' ? afterAnswerMs : onOneMachineMs,
    },
    queue: (name) => queueOf(env, name),
    mailer: (name) => mailerOf(env, name),
    allowlist: parseAllowlist(env.DESTINATION_ALLOWLIST),
    isBehindServer: env.BOOT_ID !== '',
    vault: vaultOf(env.MASTER_KEY, random),
  }
}
