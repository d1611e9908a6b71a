import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { newEvent } from '../../src/ledger/new-event.ts'
import type { Carrier, Job, LedgerApi, Lease, NewEvent } from '../../src/ledger/protocol.ts'
import type { PlannedVerdict } from '../../src/model/event.ts'
import type { LedgerConfig } from '../../src/model/ledger-config.ts'
import type { AttemptReport } from '../../src/model/outcome.ts'

type Counted = LedgerApi & { rowsWritten(): Promise<number> }

const version = 1
const carrier: Carrier = { capacity: 1000, roomMs: 60_000 }
const body = new TextEncoder().encode('{"order":4711}')
const delivered: AttemptReport = {
  outcome: { kind: 'delivered' },
  duration_ms: 5,
  status: 200,
  response_body: 'ok',
  request_headers: { 'webhook-id': 'evt_1', 'webhook-signature': 'v1,c2lnbmF0dXJl' },
}

const configFor = (tenant_id: string, fanOut: number): LedgerConfig => ({
  version,
  tenant_id,
  shard: 0,
  shards: 1,
  retention_days: 30,
  ingest_per_s: null,
  destinations: Object.fromEntries(
    Array.from({ length: fanOut }, (_, i) => [
      `dst_${i}`,
      {
        enabled: true,
        paused: false,
        rate_limit: null,
        concurrency: 100,
        timeout_ms: 15_000,
        retry: { schedule_s: [5], jitter: 0.2 },
        retry_on: null,
        circuit: null,
      },
    ]),
  ),
  connections: Object.fromEntries(
    Array.from({ length: fanOut }, (_, i) => [`con_${i}`, { on_dead: 'skip' as const }]),
  ),
})

function eventFor(fanOut: number, lane: string | null, key: string | null): NewEvent {
  const plan = Array.from({ length: fanOut }, (_, i): PlannedVerdict => ({
    connection_id: `con_${i}`,
    verdict: 'delivery',
    destination_id: `dst_${i}`,
    priority: 'normal',
    lane,
  }))
  return newEvent(
    {
      type: 'order.paid',
      source_id: null,
      source: null,
      subject: null,
      time: '2026-11-20T00:00:00.000Z',
      content_type: 'application/json',
      headers: { 'content-type': 'application/json' },
      order_key: null,
      priority: 'normal',
      dedupe_key: key,
      replay_of: null,
    },
    key === null ? null : { scope: 'api', key, window_ms: null, content_hash: 'h' },
    plan,
  )
}

let tenants = 0

/** A ledger of its own, told of its configuration and past what its first commit alone costs. */
async function aLedger(fanOut: number): Promise<Counted> {
  const tenant = `ten_rows${tenants++}`
  // The generated binding does not know its class.
  const ledger = env.LEDGER.getByName(`v1:${tenant}:0`) as unknown as Counted
  await ledger.configure(configFor(tenant, fanOut))
  return ledger
}

async function settleAll(ledger: Counted, leases: readonly (Lease | Job)[]): Promise<void> {
  for (let next = [...leases]; next.length > 0;) {
    const lease = next.shift()!
    const { heard, jobs } = await ledger.settle(
      lease.delivery_id,
      lease.token,
      delivered,
      carrier.roomMs,
    )
    expect(heard).toBe(true)
    next.push(...jobs)
  }
}

interface Story {
  events: number
  fanOut?: number
  lane?: string
  deduped?: boolean
  /** All are accepted before the first is settled, as when a receiver is slower than its sender. */
  burst?: boolean
}

/** Rows written over a whole story, the configuration's own not counted. */
async function rowsOf({ events, fanOut = 1, lane, deduped, burst }: Story): Promise<number> {
  const ledger = await aLedger(fanOut)
  const before = await ledger.rowsWritten()
  const leases: (Lease | Job)[] = []
  for (let i = 0; i < events; i++) {
    const event = eventFor(fanOut, lane ?? null, deduped === true ? `key-${i}` : null)
    const accepted = await ledger.accept(version, event, body, carrier)
    if (accepted.kind !== 'accepted') throw new Error(`not accepted: ${accepted.kind}`)
    leases.push(...accepted.leases, ...accepted.jobs)
    if (burst !== true) await settleAll(ledger, leases.splice(0))
  }
  await settleAll(ledger, leases)
  const page = { limit: 250, order: 'asc', after: null, since: null, until: null } as const
  const query = { destination_id: null, connection_id: null, event_id: null, event_type: null }
  const open = await ledger.deliveries({
    ...page,
    ...query,
    state: 'held',
    response_status: null,
    unreplayed: false,
  })
  expect(open.data).toEqual([])
  return (await ledger.rowsWritten()) - before
}

/** The alarm is armed when the first lease is granted, and then stands for all that follow it. */
const alarmRows = 1

describe('rows written for one event, accepted and delivered once', { timeout: 20_000 }, () => {
  it.each<[string, Story, number]>([
    ['alone', { events: 1 }, 3],
    ['alone, with a dedupe key', { events: 1, deduped: true }, 3],
    ['one after the other', { events: 50 }, 4],
    ['one after the other, with dedupe keys', { events: 50, deduped: true }, 4],
    ['in a burst, with dedupe keys', { events: 50, deduped: true, burst: true }, 4],
    ['in an ordered lane, with dedupe keys', { events: 50, lane: 'con_0:a', deduped: true }, 4],
    ['in a burst into one ordered lane', { events: 50, lane: 'con_0:a', burst: true }, 4],
    // At the most one for each delivery, and what the event itself costs.
    ['to 20 destinations', { events: 20, fanOut: 20, deduped: true }, 23],
  ])('%s, are at most the budget and one for the alarm', async (name, story, budget) => {
    const rows = await rowsOf(story)
    const each = (rows / story.events).toFixed(2)
    console.log(
      `rows written per event, ${name}: ${each} (budget ${budget}, the alarm's own aside)`,
    )
    expect(rows).toBeLessThanOrEqual(budget * story.events + alarmRows)
  })
})
