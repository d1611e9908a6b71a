import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Router, startRouter } from '../support/router.ts'
import { gatedScene } from './gated-scene.ts'
import { act, connection, post, postBatch, range } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

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
    await using scene = await gatedScene(router, { concurrency: 1 })
    const { tenant, receiver } = scene
    await act(tenant, `destinations/${scene.id}/pause`)
    await postBatch(tenant, lowFirst)
    await act(tenant, `destinations/${scene.id}/resume`)
    await receiver.until((received) => received.length >= 9)
    expect(scene.arrived()).toEqual(highFirst)
  })

  it('high goes before normal, and normal before low: a place in flight', async () => {
    await using scene = await gatedScene(router, { concurrency: 1 })
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
    await using scene = await gatedScene(router, { circuit, retry, concurrency: 1 })
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
      router,
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
