import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { burstOf } from '../../src/ledger/bucket.ts'
import { eventually } from '../support/eventually.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { act, change, connection, dataOf, destination, list, post } from './scene.ts'
import { postBatch, range, read } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

/** A tenant, and a receiver behind one destination with these gates. */
async function gatedScene(fields: Record<string, unknown>, of: Record<string, unknown> = {}) {
  const receiver = await startReceiver()
  const tenant = await router.tenant()
  const { id } = await destination(tenant, receiver, fields)
  const { id: connectionId } = await connection(tenant, { id }, of)
  return {
    receiver,
    tenant,
    id,
    connectionId,
    health: () => read(tenant, `destinations/${id}/health`),
    arrived: () => receiver.received.map(dataOf),
    [Symbol.asyncDispose]: () => receiver.close(),
  }
}

const numbered = (from: number, to: number) => range(from, to).map((n) => ({ data: n }))

const allAre = (tenant: RouterTenant, state: string, timeoutMs?: number) =>
  eventually(async () => {
    const deliveries = await list(tenant, 'deliveries')
    return deliveries.every((delivery) => delivery.state === state) && deliveries
  }, timeoutMs)

/** The most requests that came within any one second. */
const mostInASecond = (times: number[]) =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length))

const rateLimit = { limit: 5, per: 'second' as const }

describe.concurrent('a rate of 5 per second', () => {
  it.each(['in one batch', 'in fifty requests'])(
    'lets 50 events that are posted %s through evenly, each with one attempt',
    async (how) => {
      await using scene = await gatedScene({ rate_limit: rateLimit })
      const { tenant, receiver } = scene
      const startedAt = Date.now()
      if (how === 'in one batch') await postBatch(tenant, numbered(1, 50))
      else await Promise.all(numbered(1, 50).map((event) => post(tenant, event)))
      await receiver.until((received) => received.length >= 50, 15_000)
      const times = receiver.received.map(({ at }) => at)
      expect(mostInASecond(times)).toBeLessThanOrEqual(rateLimit.limit + burstOf(rateLimit))
      expect(times.at(-1)! - startedAt).toBeLessThan(11_000)
      expect(times.at(-1)! - times[0]!).toBeGreaterThan(9000)
      const deliveries = await allAre(tenant, 'delivered')
      expect(deliveries.map(({ attempt_count }) => attempt_count)).toEqual(deliveries.map(() => 1))
      expect(new Set(scene.arrived())).toEqual(new Set(range(1, 50)))
      expect(receiver.received).toHaveLength(50)
    },
  )

  it('is said of what waits for it, with the time that draining will take', async () => {
    await using scene = await gatedScene({ rate_limit: { limit: 5, per: 'minute' } })
    const { tenant } = scene
    await postBatch(tenant, numbered(1, 10))
    await scene.receiver.until((received) => received.length >= 1)
    const held = await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries?state=held')
      return deliveries.length === 9 && deliveries
    })
    expect(new Set(held.map(({ held_by }) => held_by))).toEqual(new Set(['rate']))
    const health = await scene.health()
    expect(health).toMatchObject({ held: 9, in_flight: 0, drain_eta_s: 9 * 12 })
    expect(scene.receiver.received).toHaveLength(1)
  })

  it('is kept by retries as well', async () => {
    await using scene = await gatedScene({ rate_limit: rateLimit })
    const { tenant, receiver } = scene
    const failed = new Set<number>()
    receiver.answers((request) => {
      const n = dataOf(request)
      if (failed.has(n)) return 200
      failed.add(n)
      return 500
    })
    await postBatch(tenant, numbered(1, 15))
    await receiver.until((received) => received.length >= 30, 15_000)
    const times = receiver.received.map(({ at }) => at)
    expect(mostInASecond(times)).toBeLessThanOrEqual(rateLimit.limit + burstOf(rateLimit))
    const deliveries = await allAre(tenant, 'delivered')
    expect(deliveries.map(({ attempt_count }) => attempt_count)).toEqual(deliveries.map(() => 2))
  })
})

describe('a concurrency of 2', () => {
  it('never has more than 2 in flight, and uses both', async () => {
    await using scene = await gatedScene({ concurrency: 2 })
    const { tenant, receiver } = scene
    let most = 0
    receiver.answers(() => {
      most = Math.max(most, receiver.open())
      return { delay_ms: 500 }
    })
    const startedAt = Date.now()
    await Promise.all([
      postBatch(tenant, numbered(1, 10)),
      ...numbered(11, 20).map((event) => post(tenant, event)),
    ])
    await receiver.until((received) => received.length >= 3)
    const health = await scene.health()
    expect(health.in_flight).toBe(2)
    expect(health.held).toBeGreaterThan(0)
    await allAre(tenant, 'delivered', 20_000)
    expect(most).toBe(2)
    expect(receiver.received).toHaveLength(20)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
  })
})

describe('a circuit', () => {
  const circuit = { failures: 3, probe_s: 1 }
  const retry = { schedule_s: Array.from({ length: 20 }, () => 1), jitter: 0 }

  it('opens, probes once an interval, spends no attempt of what it holds, and closes', async () => {
    await using scene = await gatedScene({ circuit, retry })
    const { tenant, receiver } = scene
    receiver.answers(503)
    for (const event of numbered(1, 3)) await post(tenant, event)
    await eventually(async () => (await scene.health()).circuit === 'open')
    await postBatch(tenant, numbered(4, 15))
    const held = await list(tenant, 'deliveries?state=held')
    const untouched = held.filter(({ attempt_count }) => attempt_count === 0)
    expect(untouched).toHaveLength(12)
    expect(new Set(untouched.map(({ held_by }) => held_by))).toEqual(new Set(['circuit']))
    await receiver.until((received) => received.length >= 6, 8000)
    const times = receiver.received.map(({ at }) => at)
    const gaps = times.slice(3).map((at, i) => at - times[i + 2]!)
    // Each probe's answer opens the circuit anew; a few milliseconds are the clocks'.
    expect(Math.min(...gaps)).toBeGreaterThan(980)
    expect(Math.max(...gaps)).toBeLessThan(2500)
    const during = await scene.health()
    expect(during.consecutive_failures).toBeGreaterThanOrEqual(5)
    expect(during.held).toBeGreaterThanOrEqual(14)
    const failures = receiver.received.length
    receiver.answers(200)
    const deliveries = await allAre(tenant, 'delivered')
    expect(receiver.received.length - failures).toBeLessThanOrEqual(16)
    expect(await scene.health()).toMatchObject({
      circuit: 'closed',
      consecutive_failures: 0,
      held: 0,
      in_flight: 0,
      oldest_held_at: null,
    })
    const never = new Set(untouched.map(({ id }) => id))
    const attempts = deliveries.filter(({ id }) => never.has(id)).map((one) => one.attempt_count)
    expect(attempts.filter((count) => count === 1).length).toBeGreaterThanOrEqual(10)
  })

  it('closes, and drains what it held in order, in an ordered connection', async () => {
    await using scene = await gatedScene({ circuit, retry }, { order: {} })
    const { tenant, receiver } = scene
    receiver.answers(503, 503, 503, 503, 200)
    await postBatch(tenant, numbered(1, 10))
    await receiver.until((received) => received.length >= 14, 15_000)
    expect(scene.arrived()).toEqual([1, 1, 1, 1, ...range(1, 10)])
  })

  it('is closed by being taken away', async () => {
    await using scene = await gatedScene({ circuit: { failures: 1, probe_s: 3600 }, retry })
    const { tenant, receiver } = scene
    receiver.answers(503, 200)
    await post(tenant, { data: 1 })
    await eventually(async () => (await scene.health()).circuit === 'open')
    await postBatch(tenant, numbered(2, 5))
    expect(receiver.received).toHaveLength(1)
    await change(tenant, `destinations/${scene.id}`, { circuit: null })
    await allAre(tenant, 'delivered')
    expect(new Set(scene.arrived())).toEqual(new Set(range(1, 5)))
  })
})

describe('a pause', () => {
  it('holds new deliveries and retries, says so, and a resume drains them', async () => {
    await using scene = await gatedScene({})
    const { tenant, receiver } = scene
    receiver.answers(500, 200)
    await post(tenant, { data: 1 })
    await receiver.until((received) => received.length >= 1)
    await act(tenant, `destinations/${scene.id}/pause`)
    await postBatch(tenant, numbered(2, 7))
    // The failed one's retry becomes due, and is held like the others.
    const held = await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries?state=held')
      return deliveries.length === 7 && deliveries
    })
    expect(held.map(({ held_by, attempt_count }) => [held_by, attempt_count])).toEqual([
      ['paused', 1],
      ...range(2, 7).map(() => ['paused', 0]),
    ])
    const [oldest] = await list(tenant, 'events')
    expect(await scene.health()).toMatchObject({
      held: 7,
      in_flight: 0,
      oldest_held_at: oldest.received_at,
      drain_eta_s: null,
    })
    expect(receiver.received).toHaveLength(1)
    await act(tenant, `destinations/${scene.id}/resume`)
    await allAre(tenant, 'delivered')
    expect(receiver.received).toHaveLength(8)
    expect(await scene.health()).toMatchObject({ held: 0, oldest_held_at: null })
  })

  it('under load loses nothing', async () => {
    await using scene = await gatedScene({})
    const { tenant, receiver } = scene
    const posting = Promise.all(
      range(0, 9).map(async (poster) => {
        for (const n of range(1, 20))
          expect((await post(tenant, { data: poster * 20 + n })).status).toBe(202)
      }),
    )
    await receiver.until((received) => received.length >= 10)
    await act(tenant, `destinations/${scene.id}/pause`)
    await posting
    await eventually(async () => (await scene.health()).in_flight === 0)
    const before = receiver.received.length
    expect(before).toBeLessThan(200)
    await act(tenant, `destinations/${scene.id}/resume`)
    await allAre(tenant, 'delivered', 20_000)
    expect([...scene.arrived()].sort((a, b) => a - b)).toEqual(range(1, 200))
  })
})

describe('a receiver that answers 410', () => {
  it('is not called again: its destination is disabled, and the tenant is told', async () => {
    await using scene = await gatedScene({})
    const { tenant, receiver } = scene
    await using alerts = await startedReceiver()
    const alertsTo = await destination(tenant, alerts.receiver)
    await connection(tenant, alertsTo, { event_types: ['switchyard.*'] })
    receiver.answers(410)
    const { json: event } = await post(tenant)
    await alerts.receiver.until((received) =>
      received.some((it) => typeOf(it) === 'switchyard.destination.disabled'),
    )
    const [dead] = await list(tenant, 'deliveries?state=dead')
    expect(dead).toMatchObject({ event_id: event.id, attempt_count: 1, last_status: 410 })
    const disabled = await read(tenant, `destinations/${scene.id}`)
    expect(disabled.enabled).toBe(false)
    const alert = alerts.receiver.received.find(
      (it) => typeOf(it) === 'switchyard.destination.disabled',
    )!
    expect(dataOf(alert)).toMatchObject({ destination_id: scene.id, delivery_id: dead.id })
    await alerts.receiver.until((received) =>
      received.some((it) => typeOf(it) === 'switchyard.delivery.dead'),
    )
    expect(alerts.receiver.received.map(typeOf).sort()).toEqual([
      'switchyard.delivery.dead',
      'switchyard.destination.disabled',
    ])

    const { json: next } = await post(tenant)
    const { verdicts } = await read(tenant, `events/${next.id}`)
    expect(verdicts).toContainEqual({ connection_id: scene.connectionId, verdict: 'disabled' })
    const refused = await tenant.api(`/api/v1/deliveries/${dead.id}/retry`, { method: 'POST' })
    expect(refused.status).toBe(409)
    expect(refused.json.code).toBe('destination_disabled')
    expect(receiver.received).toHaveLength(1)
  })

  it('leaves what waits for it held as disabled, until it is enabled', async () => {
    await using scene = await gatedScene({ concurrency: 1 })
    const { tenant, receiver } = scene
    receiver.answers(410, 200)
    await postBatch(tenant, numbered(1, 5))
    const held = await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries?state=held')
      return deliveries.length > 0 && deliveries[0].held_by === 'disabled' && deliveries
    })
    await change(tenant, `destinations/${scene.id}`, { enabled: true })
    await eventually(async () => (await list(tenant, 'deliveries?state=held')).length === 0)
    expect(held.length).toBeGreaterThanOrEqual(3)
    expect(await list(tenant, 'deliveries?state=dead')).toHaveLength(1)
    await eventually(async () => (await list(tenant, 'deliveries?state=delivered')).length === 4)
    expect(receiver.received).toHaveLength(5)
  })
})

describe('an event of Switchyard’s own', () => {
  it('is never matched by *, and once by switchyard.*', async () => {
    await using scene = await gatedScene({ retry: { schedule_s: [], jitter: 0 } })
    const { tenant, receiver } = scene
    await using alerts = await startedReceiver()
    await connection(tenant, await destination(tenant, alerts.receiver), {
      event_types: ['switchyard.*'],
    })
    receiver.answers(500, 200)
    const { json: event } = await post(tenant)
    await alerts.receiver.until((received) => received.length >= 1)
    const [alert] = alerts.receiver.received
    expect(typeOf(alert!)).toBe('switchyard.delivery.dead')
    expect(dataOf(alert!)).toMatchObject({ event_id: event.id, last_status: 500 })
    const [notice] = await list(tenant, 'events?type=switchyard.delivery.dead')
    const { verdicts } = await read(tenant, `events/${notice.id}`)
    expect(verdicts).toContainEqual({ connection_id: scene.connectionId, verdict: 'type' })
    await post(tenant, { data: 'after' })
    await receiver.until((received) => received.length >= 2)
    expect(receiver.received.map(typeOf)).toEqual(['video.generated', 'video.generated'])
    expect(alerts.receiver.received).toHaveLength(1)
  })
})

async function startedReceiver() {
  const receiver = await startReceiver()
  return { receiver, [Symbol.asyncDispose]: () => receiver.close() }
}

const typeOf = ({ headers }: { headers: Record<string, string> }) =>
  headers['switchyard-event-type']

const prioritized = (priority: string, from: number) =>
  range(from, from + 2).map((n) => ({ priority, data: `${priority} ${n}` }))

const lowFirst = [...prioritized('low', 1), ...prioritized('normal', 1), ...prioritized('high', 1)]
const highFirst = [
  ...prioritized('high', 1),
  ...prioritized('normal', 1),
  ...prioritized('low', 1),
].map(({ data }) => data)

describe('where a gate opens', () => {
  it('high goes before normal, and normal before low: a resume', async () => {
    await using scene = await gatedScene({ concurrency: 1 })
    const { tenant, receiver } = scene
    await act(tenant, `destinations/${scene.id}/pause`)
    await postBatch(tenant, lowFirst)
    await act(tenant, `destinations/${scene.id}/resume`)
    await receiver.until((received) => received.length >= 9)
    expect(scene.arrived()).toEqual(highFirst)
  })

  it('high goes before normal, and normal before low: a place in flight', async () => {
    await using scene = await gatedScene({ concurrency: 1 })
    const { tenant, receiver } = scene
    receiver.answers({ delay_ms: 1000 }, 200)
    await post(tenant, { data: 'first' })
    await postBatch(tenant, lowFirst)
    await receiver.until((received) => received.length >= 10)
    expect(scene.arrived()).toEqual(['first', ...highFirst])
  })

  it('high goes before normal, and normal before low: a circuit', async () => {
    const circuit = { failures: 1, probe_s: 1 }
    const retry = { schedule_s: [60], jitter: 0 }
    await using scene = await gatedScene({ circuit, retry, concurrency: 1 })
    const { tenant, receiver } = scene
    receiver.answers(503, 200)
    await post(tenant, { data: 'first' })
    await eventually(async () => (await scene.health()).circuit === 'open')
    await postBatch(tenant, lowFirst)
    await receiver.until((received) => received.length >= 10)
    expect(scene.arrived()).toEqual(['first', ...highFirst])
  })

  it('a connection’s priority is its events’ priority', async () => {
    await using scene = await gatedScene(
      { concurrency: 1 },
      { event_types: ['slow.*'], priority: 'low' },
    )
    const { tenant, receiver } = scene
    await connection(tenant, { id: scene.id }, { event_types: ['fast.*'], priority: 'high' })
    await act(tenant, `destinations/${scene.id}/pause`)
    await postBatch(tenant, [
      ...range(1, 3).map((n) => ({ type: 'slow.one', data: `slow ${n}` })),
      ...range(1, 3).map((n) => ({ type: 'fast.one', data: `fast ${n}` })),
    ])
    await act(tenant, `destinations/${scene.id}/resume`)
    await receiver.until((received) => received.length >= 6)
    expect(scene.arrived()).toEqual(['fast 1', 'fast 2', 'fast 3', 'slow 1', 'slow 2', 'slow 3'])
  })
})
