import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { burstOf } from '../../src/ledger/bucket.ts'
import { eventually } from '../support/eventually.ts'
import { type Router, startRouter } from '../support/router.ts'
import { allAre, gatedScene, numbered } from './gated-scene.ts'
import { act, change, dataOf, list, post, postBatch, range } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

/** The most requests that came within any one second. */
const mostInASecond = (times: number[]) =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length))

const rateLimit = { limit: 5, per: 'second' as const }

describe('a rate of 5 per second', () => {
  it.concurrent.each(['in one batch', 'in fifty requests'])(
    'lets 50 events that are posted %s through evenly, each with one attempt',
    async (how) => {
      await using scene = await gatedScene(router, { rate_limit: rateLimit })
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
    await using scene = await gatedScene(router, { rate_limit: { limit: 5, per: 'minute' } })
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

  it.each([
    ['raised', { limit: 20, per: 'second' }],
    ['taken away', null],
  ])('that is %s lets what waited go by the new one at once', async (_, rate_limit) => {
    await using scene = await gatedScene(router, { rate_limit: { limit: 1, per: 'hour' } })
    const { tenant, receiver } = scene
    await postBatch(tenant, numbered(1, 10))
    await receiver.until((received) => received.length >= 1)
    await change(tenant, `destinations/${scene.id}`, { rate_limit })
    await allAre(tenant, 'delivered', 5000)
    expect(receiver.received).toHaveLength(10)
  })

  it('lets high go before low, but for those that have their place in the next second', async () => {
    await using scene = await gatedScene(router, { rate_limit: rateLimit })
    const { tenant, receiver } = scene
    const low = range(1, 15).map((n) => ({ priority: 'low', data: `low ${n}` }))
    await postBatch(tenant, low)
    await receiver.until((received) => received.length >= 2)
    await postBatch(
      tenant,
      range(1, 3).map((n) => ({ priority: 'high', data: `high ${n}` })),
    )
    const postedAt = Date.now()
    await receiver.until((received) => received.length >= 18)
    const ofHigh = receiver.received.filter((request) => dataOf(request).startsWith('high'))
    expect(ofHigh.map(dataOf)).toEqual(['high 1', 'high 2', 'high 3'])
    expect(ofHigh[2]!.at - postedAt).toBeLessThan(2500)
  })

  it('is kept by retries as well', async () => {
    await using scene = await gatedScene(router, { rate_limit: rateLimit })
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
    await using scene = await gatedScene(router, { concurrency: 2 })
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
    await using scene = await gatedScene(router, { circuit, retry })
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
    await using scene = await gatedScene(router, { circuit, retry }, { order: {} })
    const { tenant, receiver } = scene
    receiver.answers(503, 503, 503, 503, 200)
    await postBatch(tenant, numbered(1, 10))
    await receiver.until((received) => received.length >= 14, 15_000)
    expect(scene.arrived()).toEqual([1, 1, 1, 1, ...range(1, 10)])
  })

  it('is closed by being taken away', async () => {
    await using scene = await gatedScene(router, { circuit: { failures: 1, probe_s: 3600 }, retry })
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
    await using scene = await gatedScene(router, {})
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
    await using scene = await gatedScene(router, {})
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
