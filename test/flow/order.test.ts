import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Router, startRouter } from '../support/router.ts'
import { failing, keyed, orderedScene } from './ordered-scene.ts'
import {
  act,
  change,
  connection,
  dataOf,
  destination,
  list,
  post,
  postBatch,
  range,
} from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

describe('an ordered connection', () => {
  it('delivers 1 … 20 in order though 3 fails twice, and delays no other key', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    receiver.answers(failing({ a3: 2 }))
    for (const n of range(1, 20)) {
      expect((await post(tenant, keyed('a', n))).status).toBe(202)
      expect((await post(tenant, keyed('b', n))).status).toBe(202)
    }
    const whole = [1, 2, 3, 3, ...range(3, 20)]
    await scene.until('a', whole, 15_000)
    await scene.until('b', range(1, 20))
    expect(scene.arrived('a')).toEqual(whole)
    expect(scene.sequences('a')).toEqual(whole.map(String))
    expect(scene.arrived('b')).toEqual(range(1, 20))
    expect(scene.sequences('b')).toEqual(range(1, 20).map(String))
    const delivered = receiver.received.map(dataOf)
    const lastOfB = delivered.findIndex(({ key, n }) => key === 'b' && n === 20)
    const fourthOfA = delivered.findIndex(({ key, n }) => key === 'a' && n === 4)
    expect(lastOfB).toBeLessThan(fourthOfA)
  })

  it.each([
    ['empty', { headers: { 'content-length': '0' } }],
    ['short', { headers: { 'content-length': '2' }, body: 'ok' }],
    ['of no told length', { body: 'ok' }],
  ])('goes over one connection where the answers are %s', async (_, answer) => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    receiver.answers(answer)
    await postBatch(
      tenant,
      range(1, 30).map((n) => keyed('a', n)),
    )
    await scene.until('a', range(1, 30))
    expect(receiver.connections()).toBe(1)
  })

  it('signs each one anew, with its own time, though it is made ready while the one before is on its way', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    receiver.answers({ delay_ms: 20 })
    const { id: destination_id, signing_secret } = await tenant.make('/api/v1/destinations', {
      name: 'Signed',
      type: 'webhook',
      config: { url: `${receiver.url}/signed` },
    })
    await connection(
      tenant,
      { id: destination_id },
      { order: {}, transform: '{ "n": data.n * 2 }' },
    )
    await postBatch(
      tenant,
      range(1, 100).map((n) => ({ data: { n } })),
    )
    const signed = () => receiver.received.filter(({ path }) => path === '/signed')
    await receiver.until(() => signed().length >= 100, 15_000)
    const judge = new Webhook(signing_secret)
    const arrived = signed().map(({ body, headers, at }) => {
      expect(Math.abs(at / 1000 - Number(headers['webhook-timestamp']))).toBeLessThan(2)
      return judge.verify(body.toString(), headers)
    })
    expect(arrived).toEqual(range(1, 100).map((n) => ({ n: n * 2 })))
    const ids = signed().map(({ headers }) => headers['switchyard-delivery'])
    expect(new Set(ids).size).toBe(100)
  })

  it('makes anew what was ready when the configuration changes', async () => {
    await using scene = await orderedScene(router, {}, { headers: { 'X-Team': 'red' } })
    const { tenant, receiver } = scene
    receiver.answers({ delay_ms: 400 })
    await postBatch(
      tenant,
      range(1, 4).map((n) => keyed('a', n)),
    )
    // The third is made ready while the second is on its way.
    await receiver.until((received) => received.length === 2)
    const config = { headers: { 'X-Team': 'blue' } }
    await change(tenant, `destinations/${scene.destination.id}`, { config })
    expect(receiver.received.length).toBe(2)
    await scene.until('a', range(1, 4))
    const teams = receiver.received.map(({ headers }) => headers['x-team'])
    expect(teams).toEqual(['red', 'red', 'blue', 'blue'])
  })

  it('shows what waits as held by order, with its lane and its place', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    receiver.answers(500)
    await postBatch(tenant, [keyed('a', 1), keyed('a', 2)])
    await receiver.until((received) => received.length >= 1)
    const deliveries = await eventually(async () => {
      const all = await list(tenant, 'deliveries')
      return all[0].state === 'waiting' && all
    })
    expect(deliveries.map(({ state, held_by, sequence }) => [state, held_by, sequence])).toEqual([
      ['waiting', null, 1],
      ['held', 'order', 2],
    ])
    expect(deliveries[0].lane).toBe(deliveries[1].lane)
    expect(scene.arrived()).not.toContain(2)
  })

  it('takes the key from an expression over the event', async () => {
    await using scene = await orderedScene(router, { key: 'data.key' })
    const { tenant, receiver } = scene
    receiver.answers(failing({ a1: 2 }))
    const mixed = range(1, 10).flatMap((n) => [
      { data: { key: 'a', n } },
      { data: { key: 'b', n } },
    ])
    await postBatch(tenant, mixed)
    await scene.until('b', range(1, 10))
    expect(scene.arrived('a').every((n) => n === 1)).toBe(true)
    await scene.until('a', [1, 1, ...range(1, 10)], 10_000)
    expect(scene.arrived('a')).toEqual([1, 1, ...range(1, 10)])
    expect(scene.arrived('b')).toEqual(range(1, 10))
  })

  it('orders all of its events where neither it nor they have a key', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    receiver.answers(failing({ none2: 1 }))
    const events = range(1, 30).map((n) => ({ data: { key: 'none', n } }))
    await postBatch(tenant, events)
    const whole = [1, 2, ...range(2, 30)]
    await scene.until('none', whole, 15_000)
    expect(scene.arrived()).toEqual(whole)
    expect(scene.sequences('none')).toEqual(whole.map(String))
  })

  it('keeps the order over a pause and a resume', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    const { id } = scene.destination
    receiver.answers(failing({ a6: 1 }))
    await postBatch(
      tenant,
      range(1, 5).map((n) => keyed('a', n)),
    )
    await act(tenant, `destinations/${id}/pause`)
    await postBatch(
      tenant,
      range(6, 15).map((n) => keyed('a', n)),
    )
    await eventually(async () => (await list(tenant, 'deliveries?state=sending')).length === 0)
    const held = await list(tenant, 'deliveries?state=held')
    expect(held.length).toBeGreaterThanOrEqual(10)
    await act(tenant, `destinations/${id}/resume`)
    const whole = [...range(1, 6), ...range(6, 15)]
    await scene.until('a', whole, 15_000)
    expect(scene.arrived('a')).toEqual(whole)
    expect(scene.sequences('a')).toEqual(whole.map(String))
  })

  it.each([1, 4])(
    'keeps ten keys in order under load (%i shards), with one request in seven failing',
    async (shards) => {
      await using scene = await orderedScene(router, {}, {}, { shards })
      const { tenant, receiver } = scene
      let requests = 0
      receiver.answers(() => (++requests % 7 === 0 ? 500 : 200))
      const keys = range(1, 10).map((k) => `key-${k}`)
      // Each key's events are posted one after the other; the keys at the same time.
      await Promise.all(
        keys.map(async (key) => {
          for (const n of range(1, 12)) expect((await post(tenant, keyed(key, n))).status).toBe(202)
        }),
      )
      await eventually(async () => {
        const deliveries = await list(tenant, 'deliveries')
        return deliveries.length === 120 && deliveries.every(({ state }) => state === 'delivered')
      }, 40_000)
      for (const key of keys) {
        const arrived = scene.arrived(key)
        expect([...new Set(arrived)]).toEqual(range(1, 12))
        expect(arrived).toEqual([...arrived].sort((a, b) => a - b))
        expect(scene.sequences(key)).toEqual(arrived.map(String))
      }
    },
  )

  it('goes on past what is canceled, at its head and behind it', async () => {
    await using scene = await orderedScene(router, {}, { retry: { schedule_s: [3600], jitter: 0 } })
    const { tenant, receiver } = scene
    receiver.answers(failing({ a1: 1 }))
    await postBatch(
      tenant,
      range(1, 5).map((n) => keyed('a', n)),
    )
    const [first, , third] = await eventually(async () => {
      const all = await list(tenant, 'deliveries')
      return all[0].state === 'waiting' && all
    })
    await act(tenant, `deliveries/${third.id}/cancel`)
    expect(scene.arrived()).toEqual([1])
    await act(tenant, `deliveries/${first.id}/cancel`)
    await scene.until('a', [1, 2, 4, 5])
    expect(scene.arrived()).toEqual([1, 2, 4, 5])
    expect((await list(tenant, 'deliveries')).map(({ state }) => state).slice(0, 3)).toEqual([
      'canceled',
      'delivered',
      'canceled',
    ])
  })

  it('is a lane of its own for each connection', async () => {
    await using scene = await orderedScene(router, {})
    const { tenant, receiver } = scene
    const other = await destination(tenant, receiver, { path: '/other' })
    await connection(tenant, other, { order: {} })
    receiver.answers((request) => (request.path === '/hook' ? 500 : 200))
    await postBatch(
      tenant,
      range(1, 5).map((n) => keyed('a', n)),
    )
    const ofOther = () => receiver.received.filter(({ path }) => path === '/other')
    await receiver.until(() => ofOther().length >= 5)
    expect(ofOther().map((request) => dataOf(request).n)).toEqual(range(1, 5))
    expect(ofOther().map(({ headers }) => headers['switchyard-sequence'])).toEqual(
      range(1, 5).map(String),
    )
  })
})
