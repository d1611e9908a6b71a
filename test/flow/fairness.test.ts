import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { eventually } from '../support/eventually.ts'
import { connection, dataOf, destination, post, postBatch, range, read } from './scene.ts'

const waiting = 5000

let router: Router
let slow: Receiver
let busy: RouterTenant
let busyDestinations: string[]

/** What a delivery of its own may take while another tenant is busy. */
const promisedMs = 1000

beforeAll(async () => {
  slow = await startReceiver()
  slow.answers({ delay_ms: 5000 })
  router = await startRouter()
  busy = await router.tenant({ name: 'Busy' })
  // The worst neighbour there is: as many at once as a destination may have, and the longest time-out.
  const gates = [{ timeout_ms: 15_000 }, { timeout_ms: 30_000 }]
  const made = await Promise.all(
    gates.map((gate) => destination(busy, slow, { concurrency: 1000, ...gate })),
  )
  busyDestinations = made.map(({ id }) => id)
  for (const to of made) await connection(busy, to)
  const batches = range(1, waiting / 500 / made.length)
  await Promise.all(
    batches.map(() =>
      postBatch(
        busy,
        range(1, 500).map((n) => ({ data: n })),
      ),
    ),
  )
  await slow.until(() => slow.open() > 50, 10_000)
}, 30_000)

afterAll(async () => {
  await busy.api(`/api/v1/tenants/${busy.id}`, { method: 'DELETE', key: router.adminKey })
  await router.close()
  await slow.close()
})

/** The neighbour must be busy still, or nothing is shown. */
async function stillBusy() {
  for (const id of busyDestinations) {
    const { held, in_flight } = await read(busy, `destinations/${id}/health`)
    expect(held).toBeGreaterThan(waiting / 5)
    expect(in_flight).toBeGreaterThan(10)
  }
  expect(slow.open()).toBeGreaterThan(20)
}

async function quietTenant() {
  const receiver = await startReceiver()
  const tenant = await router.tenant({ name: 'Quiet' })
  const to = await destination(tenant, receiver)
  await connection(tenant, to)
  return { tenant, receiver, id: to.id, [Symbol.asyncDispose]: () => receiver.close() }
}

describe(`while ${waiting} deliveries of a tenant wait for a receiver that takes 5 s each`, () => {
  it('another tenant’s first attempts are made within a second', async () => {
    await using scene = await quietTenant()
    const { tenant, receiver } = scene
    const delays: number[] = []
    for (const n of range(1, 10)) {
      const postedAt = Date.now()
      expect((await post(tenant, { data: n })).status).toBe(202)
      await receiver.until((received) => received.length >= n)
      delays.push(receiver.received.at(-1)!.at - postedAt)
    }
    await stillBusy()
    expect(Math.max(...delays)).toBeLessThan(promisedMs)
  })

  it('another tenant’s retries, which come through a queue, are no later than a second', async () => {
    await using scene = await quietTenant()
    const { tenant, receiver } = scene
    const failed = new Map<number, number>()
    const delays: number[] = []
    receiver.answers((request) => {
      const n = dataOf(request)
      const failedAt = failed.get(n)
      if (failedAt === undefined) {
        failed.set(n, Date.now())
        return 500
      }
      // The schedule's own wait is 1 s.
      delays.push(request.at - failedAt - 1000)
      return 200
    })
    for (const n of range(1, 10)) await post(tenant, { data: n })
    await receiver.until((received) => received.length >= 20)
    await stillBusy()
    expect(delays).toHaveLength(10)
    expect(Math.max(...delays)).toBeLessThan(promisedMs)
    expect(Math.min(...delays)).toBeGreaterThan(-50)
  })

  it('another tenant’s backlog drains when its destination is resumed', async () => {
    await using scene = await quietTenant()
    const { tenant, receiver } = scene
    await tenant.make(`/api/v1/destinations/${scene.id}/pause`, {})
    await postBatch(
      tenant,
      range(1, 20).map((n) => ({ data: n })),
    )
    const resumedAt = Date.now()
    await tenant.make(`/api/v1/destinations/${scene.id}/resume`, {})
    await receiver.until((received) => received.length >= 1)
    expect(receiver.received[0]!.at - resumedAt).toBeLessThan(promisedMs)
    await receiver.until((received) => received.length >= 20)
    await stillBusy()
  })

  it('the busy tenant itself goes on: its work is taken up again and again', async () => {
    const before = slow.received.length
    await eventually(() => slow.received.length > before + 20, 15_000)
    await stillBusy()
  })
})

describe('while one tenant’s expressions take all the steps that they may', () => {
  /** Runs out of its steps each time. */
  const endless = '($turn := function($n) { $turn($n + 1) }; $turn(0))'

  it('another tenant’s event is accepted within a second', async () => {
    const heavy = await router.tenant({ name: 'Heavy' })
    const sink = await heavy.make('/api/v1/destinations', { name: 'S', type: 'sink', config: {} })
    await connection(heavy, sink, { order: { key: endless } })
    const quiet = await router.tenant({ name: 'Quiet' })
    await post(quiet)
    const end = new AbortController()
    const batch = postBatch(
      heavy,
      range(1, 200).map((n) => ({ data: n })),
    ).finally(() => end.abort())
    const tookMs: number[] = []
    while (!end.signal.aborted) {
      const askedAt = performance.now()
      expect((await post(quiet)).status).toBe(202)
      tookMs.push(performance.now() - askedAt)
    }
    expect(await batch).toHaveLength(200)
    expect(tookMs.length).toBeGreaterThan(10)
    expect(Math.max(...tookMs)).toBeLessThan(promisedMs)
  })
})
