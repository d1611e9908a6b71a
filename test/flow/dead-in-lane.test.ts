import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Router, startRouter } from '../support/router.ts'
import { failing, keyed, orderedScene, type OrderedScene } from './ordered-scene.ts'
import { act, change, list, post, postBatch, range, read } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

const deadDelivery = ({ tenant }: OrderedScene) =>
  eventually(async () => (await list(tenant, 'deliveries?state=dead'))[0])

describe('behind a dead delivery', () => {
  const retry = { schedule_s: [1], jitter: 0 }

  it('the lane goes on, where it skips', async () => {
    await using scene = await orderedScene(router, { on_dead: 'skip' }, { retry })
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
    const scene = await orderedScene(router, { on_dead: 'block' }, { retry })
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
