import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type AnswerSpec, type Received, startReceiver } from '../support/receiver.ts'
import { type Router, startRouter } from '../support/router.ts'
import { act, change, connection, dataOf, destination, list, post } from './scene.ts'
import { postBatch, range, read } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

/** A tenant with one ordered connection to a receiver of its own. Its events' data are `{key, n}`. */
async function orderedScene(
  order: Record<string, unknown>,
  fields: Record<string, unknown> = {},
  options: Record<string, unknown> = {},
) {
  const receiver = await startReceiver()
  const tenant = await router.tenant(options)
  const to = await destination(tenant, receiver, fields)
  const line = await connection(tenant, to, { order })
  /** What arrived, in its order; `key`: of that key only. */
  const arrived = (key?: string): number[] =>
    receiver.received
      .map(dataOf)
      .filter((data) => key === undefined || data.key === key)
      .map(({ n }) => n)
  const sequences = (key: string): string[] =>
    receiver.received
      .filter((request) => dataOf(request).key === key)
      .map(({ headers }) => headers['switchyard-sequence'] ?? 'none')
  const until = (key: string, numbers: number[], timeoutMs?: number) =>
    receiver.until(() => arrived(key).length >= numbers.length, timeoutMs)
  const dispose = () => receiver.close()
  return {
    receiver,
    tenant,
    destination: to,
    connection: line,
    arrived,
    sequences,
    until,
    [Symbol.asyncDispose]: dispose,
  }
}

type Scene = Awaited<ReturnType<typeof orderedScene>>

const keyed = (key: string, n: number) => ({ order_key: key, data: { key, n } })

/** 500 to each request of event `n`, as often as it says there; 200 to all others. */
function failing(times: Record<string, number>): AnswerSpec {
  const left = new Map(Object.entries(times))
  return (request: Received) => {
    const { key, n } = dataOf(request)
    const name = `${key}${n}`
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    return count > 0 ? 500 : 200
  }
}

const deadDelivery = ({ tenant }: Scene) =>
  eventually(async () => (await list(tenant, 'deliveries?state=dead'))[0])

describe('an ordered connection', () => {
  it('delivers 1 … 20 in order though 3 fails twice, and delays no other key', async () => {
    await using scene = await orderedScene({})
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

  it('shows what waits as held by order, with its lane and its place', async () => {
    await using scene = await orderedScene({})
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
    await using scene = await orderedScene({ key: 'data.key' })
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
    await using scene = await orderedScene({})
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
    await using scene = await orderedScene({})
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
      await using scene = await orderedScene({}, {}, { shards })
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
    await using scene = await orderedScene({}, { retry: { schedule_s: [3600], jitter: 0 } })
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
    await using scene = await orderedScene({})
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

describe('behind a dead delivery', () => {
  const retry = { schedule_s: [1], jitter: 0 }

  it('the lane goes on, where it skips', async () => {
    await using scene = await orderedScene({ on_dead: 'skip' }, { retry })
    const { tenant, receiver } = scene
    receiver.answers(failing({ a2: 2 }))
    await postBatch(
      tenant,
      range(1, 5).map((n) => keyed('a', n)),
    )
    await scene.until('a', [1, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 3, 4, 5])
    expect(await deadDelivery(scene)).toMatchObject({ sequence: 2, cause: 'exhausted' })
  })

  /** Of 1 … 5, number 2 is dead and 3 … 5 wait behind it. */
  async function blocked(failures = 2) {
    const scene = await orderedScene({ on_dead: 'block' }, { retry })
    const { tenant, receiver } = scene
    receiver.answers(failing({ a2: failures }))
    await postBatch(
      tenant,
      range(1, 5).map((n) => keyed('a', n)),
    )
    const dead = await deadDelivery(scene)
    // Another key's event that is posted now and delivered shows that nothing comes of the blocked lane by itself.
    await post(tenant, keyed('b', 1))
    await scene.until('b', [1])
    expect(scene.arrived('a')).toEqual([1, 2, 2])
    const held = await list(tenant, 'deliveries?state=held')
    expect(held.map(({ held_by, sequence }) => [held_by, sequence])).toEqual(
      [3, 4, 5].map((sequence) => ['order', sequence]),
    )
    return { ...scene, dead }
  }

  it('the lane waits for a retry, where it blocks', async () => {
    await using scene = await blocked()
    await act(scene.tenant, `deliveries/${scene.dead.id}/retry`)
    await scene.until('a', [1, 2, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 2, 3, 4, 5])
    expect(scene.sequences('a')).toEqual(['1', '2', '2', '2', '3', '4', '5'])
    const after = await read(scene.tenant, `deliveries/${scene.dead.id}`)
    expect(after.state).toBe('delivered')
    expect(after.attempts.map(({ trigger }: { trigger: string }) => trigger)).toEqual([
      'first',
      'retry',
      'manual',
    ])
  })

  it('the lane goes on waiting when the retry fails', async () => {
    await using scene = await blocked(3)
    await act(scene.tenant, `deliveries/${scene.dead.id}/retry`)
    await scene.until('a', [1, 2, 2, 2])
    await eventually(async () => {
      const { state, attempt_count } = await read(scene.tenant, `deliveries/${scene.dead.id}`)
      return state === 'dead' && attempt_count === 3
    })
    await post(scene.tenant, keyed('b', 2))
    await scene.until('b', [1, 2])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 2])
    await act(scene.tenant, `deliveries/${scene.dead.id}/retry`)
    await scene.until('a', [1, 2, 2, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 2, 2, 3, 4, 5])
  })

  it('the lane waits for a replay, where it blocks', async () => {
    await using scene = await blocked()
    const { tenant, dead } = scene
    const { job_id } = await act(tenant, 'dead-letters/replay')
    await scene.until('a', [1, 2, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 2, 3, 4, 5])
    expect(await read(tenant, `jobs/${job_id}`)).toMatchObject({ state: 'done', total: 1, done: 1 })
    const old = await read(tenant, `deliveries/${dead.id}`)
    const replay = await eventually(async () => {
      const delivery = await read(tenant, `deliveries/${old.replayed_as}`)
      return delivery.state === 'delivered' && delivery
    })
    expect(replay).toMatchObject({ replay_of: dead.id, sequence: 2 })
    expect(await list(tenant, 'dead-letters')).toEqual([])
  })

  it('the lane waits for a cancel, where it blocks', async () => {
    await using scene = await blocked()
    const { tenant, dead } = scene
    const canceled = await act(tenant, `deliveries/${dead.id}/cancel`)
    expect(canceled.state).toMatch(/dead|canceled/)
    await scene.until('a', [1, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 3, 4, 5])
  })

  it('the lane goes on when its connection is changed to skip', async () => {
    await using scene = await blocked()
    const { tenant } = scene
    await change(tenant, `connections/${scene.connection.id}`, { order: { on_dead: 'skip' } })
    await scene.until('a', [1, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 3, 4, 5])
  })

  it('the lane goes on being blocked after the router was killed', async () => {
    await using scene = await blocked()
    const { tenant, dead } = scene
    await router.kill()
    await router.restart()
    await post(tenant, keyed('b', 2))
    await scene.until('b', [1, 2], 15_000)
    expect(scene.arrived('a')).toEqual([1, 2, 2])
    await act(tenant, `deliveries/${dead.id}/retry`)
    await scene.until('a', [1, 2, 2, 2, 3, 4, 5])
    expect(scene.arrived('a')).toEqual([1, 2, 2, 2, 3, 4, 5])
  })
})
