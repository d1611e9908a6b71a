import { newEvent } from '../../src/ledger/new-event.ts'
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import type {
  AcceptResult,
  Delivery,
  DeliveryQuery,
  Job,
  Lease,
  LedgerApi,
  NewEvent,
  Pointer,
  ReplaySelection,
} from '../../src/ledger/protocol.ts'
import type { DestinationPolicy } from '../../src/model/destination.ts'
import type { PlannedVerdict } from '../../src/model/event.ts'
import type { LedgerConfig } from '../../src/model/ledger-config.ts'
import type { AttemptReport, Outcome } from '../../src/model/outcome.ts'

const policy: DestinationPolicy = {
  enabled: true,
  paused: false,
  rate_limit: null,
  concurrency: 100,
  timeout_ms: 15_000,
  retry: { schedule_s: [5, 5, 5], jitter: 0 },
  retry_on: null,
  circuit: null,
}

export interface Setup {
  destinations?: Record<string, Partial<DestinationPolicy>>
  connections?: LedgerConfig['connections']
  ingest_per_s?: number | null
  retention_days?: number
}

export interface To {
  destination?: string
  connection?: string
  lane?: string | null
  priority?: 'high' | 'normal' | 'low'
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (of: Uint8Array): string => new TextDecoder().decode(of)

const planned = (to: To): PlannedVerdict => ({
  connection_id: to.connection ?? 'con_1',
  verdict: 'delivery',
  destination_id: to.destination ?? 'dst_1',
  priority: to.priority ?? 'normal',
  lane: to.lane ?? null,
})

export interface Making {
  to?: To[]
  type?: string
  source_id?: string | null
  key?: string
  hash?: string | null
  window_ms?: number | null
}

export const anEvent = ({ to = [{}], type = 'order.paid', ...rest }: Making = {}): NewEvent =>
  newEvent(
    {
      type,
      source_id: rest.source_id ?? null,
      source: null,
      subject: null,
      time: '2026-11-20T00:00:00.000Z',
      content_type: 'application/json',
      headers: {},
      order_key: null,
      priority: 'normal',
      dedupe_key: rest.key ?? null,
      replay_of: null,
    },
    rest.key === undefined
      ? null
      : {
          scope: 'api',
          key: rest.key,
          window_ms: rest.window_ms ?? null,
          content_hash: rest.hash === undefined ? 'h' : rest.hash,
        },
    to.map(planned),
  )

const report = (outcome: Outcome, status: number | null): AttemptReport => ({
  outcome,
  duration_ms: 5,
  status,
  request_headers: {},
})

export const ok = report({ kind: 'delivered' }, 200)
export const failed = report({ kind: 'failed', cause: 'status' }, 503)
export const gone = report({ kind: 'refused', cause: 'gone', disable: true }, 410)
export const refused = report({ kind: 'refused', cause: 'status' }, 400)

export const everyDeadLetter: ReplaySelection = {
  destination_id: null,
  connection_id: null,
  event_type: null,
  since: null,
  until: null,
}

const everything: DeliveryQuery = {
  limit: 250,
  order: 'asc',
  after: null,
  since: null,
  until: null,
  state: null,
  destination_id: null,
  connection_id: null,
  event_id: null,
  event_type: null,
  response_status: null,
  unreplayed: false,
}

export const deliveriesWhere = (query: Partial<DeliveryQuery>): DeliveryQuery => ({
  ...everything,
  ...query,
})

const queues = ['DELIVERIES_HIGH', 'DELIVERIES', 'DELIVERIES_LOW', 'DEAD_LETTERS'] as const

/** What a test may do with the object that it is not told by its interface. */
interface Inside {
  env: Record<string, unknown>
}

let tenants = 0

/** The clock stands a day ahead of the machine's, so that no alarm runs but those that a test runs. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 })
}

/** A ledger of its own, with its queues' ends in the test's hands. */
export class LedgerUnderTest {
  readonly tenant = `ten_${crypto.randomUUID().slice(0, 8)}${tenants++}`
  readonly #stub = env.LEDGER.getByName(`v1:${this.tenant}:0`)
  version = 0

  get api(): LedgerApi & { rowsWritten(): Promise<number> } {
    // The generated binding does not know its class.
    return this.#stub as unknown as LedgerApi & { rowsWritten(): Promise<number> }
  }

  static async with(setup: Setup = {}): Promise<LedgerUnderTest> {
    const ledger = new LedgerUnderTest()
    await ledger.configure(setup)
    return ledger
  }

  async configure(setup: Setup): Promise<void> {
    this.version += 1
    const { destinations = { dst_1: {} }, connections = { con_1: { on_dead: 'skip' } } } = setup
    await this.api.configure({
      version: this.version,
      tenant_id: this.tenant,
      shard: 0,
      shards: 1,
      retention_days: setup.retention_days ?? 30,
      ingest_per_s: setup.ingest_per_s ?? null,
      destinations: Object.fromEntries(
        Object.entries(destinations).map(([id, change]) => [id, { ...policy, ...change }]),
      ),
      connections,
    })
  }

  offer(making: Making = {}, body = bytes('{}'), capacity = 6): Promise<AcceptResult> {
    const carrier = { capacity, roomMs: 60_000 }
    return this.api.accept(this.version, anEvent(making), body, carrier)
  }

  /** Accepts an event that must be new. */
  async accept(making: Making = {}, capacity = 6) {
    const result = await this.offer(making, bytes('{}'), capacity)
    if (result.kind !== 'accepted') throw new Error(result.kind)
    return result
  }

  /** Accepts an event of one delivery that must be granted at once. */
  async lease(making: Making = {}): Promise<Lease> {
    const { leases } = await this.accept(making)
    if (leases[0] === undefined) throw new Error('held')
    return leases[0]
  }

  settle(lease: Lease, as: AttemptReport = ok, roomMs = 0) {
    return this.api.settle(lease.delivery_id, lease.token, as, roomMs)
  }

  async delivery(id: string) {
    const found = await this.api.delivery(id)
    if (found === null) throw new Error('no such delivery')
    return found
  }

  async list(query: Partial<DeliveryQuery> = {}): Promise<Delivery[]> {
    const found: Delivery[] = []
    for (let after: string | null = null; ;) {
      const page = await this.api.deliveries(deliveriesWhere({ ...query, after }))
      found.push(...page.data)
      after = page.next_cursor
      if (after === null) return found
    }
  }

  /** What a crash or a deployment leaves: the rows. */
  async evict(): Promise<void> {
    // Only what runs can be evicted.
    await this.api.rowsWritten()
    await evictDurableObject(this.#stub)
  }

  /** Evicts, wakes, and lets every lease of before run out. Answers what is sent then. */
  async recover(): Promise<Job[]> {
    await this.evict()
    await this.api.health('dst_1')
    return this.claimed(45_000)
  }

  /** Lets time go by, then runs the alarm if it is due. Answers the pointers that went to the queues. */
  async pass(ms: number): Promise<Pointer[]> {
    vi.setSystemTime(Date.now() + ms)
    const sent: Pointer[] = []
    const queue = {
      sendBatch: (messages: { body: Pointer }[]) => {
        sent.push(...messages.map(({ body }) => body))
        return Promise.resolve()
      },
    }
    const alarm = await this.inside((instance, { storage }) => {
      instance.env = { ...instance.env, ...Object.fromEntries(queues.map((q) => [q, queue])) }
      return storage.getAlarm()
    })
    if (alarm !== null && alarm <= Date.now()) await runDurableObjectAlarm(this.#stub)
    return sent
  }

  /** Lets time go by and claims what is given to the queues then. */
  async claimed(afterMs = 150): Promise<Job[]> {
    const jobs: Job[] = []
    for (const pointer of await this.pass(afterMs)) {
      if (pointer.kind === 'bury') continue
      const claim = await this.api.claim(pointer)
      if (claim.kind === 'granted') jobs.push(...claim.jobs)
    }
    return jobs
  }

  alarmAt(): Promise<number | null> {
    return this.inside((_, { storage }) => storage.getAlarm())
  }

  inside<T>(look: (instance: Inside, state: DurableObjectState) => T | Promise<T>): Promise<T> {
    return runInDurableObject(this.#stub, (instance, state) =>
      look(instance as unknown as Inside, state),
    )
  }

  rows(query: string): Promise<Record<string, SqlStorageValue>[]> {
    return this.inside((_, { storage }) => storage.sql.exec(query).toArray())
  }
}
