import { expect, it } from 'vitest'
import { NewConnection } from '../../src/model/connection.ts'
import { paced, routed } from '../../src/pipeline/pace.ts'
import { compileConnection, type CompiledConnection } from '../../src/routing/index.ts'
import { aView } from '../routing/a-view.ts'

/** Takes thousands of steps, as an order key may. */
const heavy = '($count := function($n) { $n = 0 ? 0 : $count($n - 1) }; $count(1500); data.key)'

function connected(id: string, key: string): CompiledConnection {
  const record = NewConnection.parse({ destination_id: 'dst_1', order: { key } })
  const compiled = compileConnection({ ...record, id }, true)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
  return compiled.value
}

/** A clock that only waiting moves, as it is in a Worker. */
function aClock() {
  const clock = { now: 0, waits: 0 }
  const sleep = async (ms: number) => {
    clock.now += ms
    clock.waits++
  }
  return { clock, services: { now: () => clock.now, sleep } }
}

const route = (
  { services }: ReturnType<typeof aClock>,
  tenant: string,
  connections: readonly CompiledConnection[],
) => routed(services, tenant, aView({ key: 'k' }), null, connections)

it('lets others have a turn while one tenant runs many heavy expressions', async () => {
  const world = aClock()
  const connections = Array.from({ length: 40 }, (_, i) => connected(`con_${i}`, heavy))
  const plan = await route(world, 'ten_heavy', connections)
  expect(plan.map(({ connection_id }) => connection_id)).toEqual(connections.map(({ id }) => id))
  expect(plan.map((verdict) => 'lane' in verdict && verdict.lane)).toEqual(
    connections.map(({ id }) => `${id}:k`),
  )
  expect(world.clock.waits).toBeGreaterThan(20)
  const { waits } = world.clock
  await route(world, 'ten_other', [connected('con_1', heavy)])
  expect(world.clock.waits).toBe(waits)
})

it('makes nobody wait for keys that are paths, nor for a few small expressions', async () => {
  const world = aClock()
  const paths = Array.from({ length: 500 }, (_, i) => connected(`con_${i}`, 'data.key'))
  await route(world, 'ten_paths', paths)
  for (let i = 0; i < 50; i++)
    await route(world, 'ten_small', [connected('con_1', 'data.key & "!"')])
  expect(world.clock.waits).toBe(0)
})

it('gives requests at once their turns one after the other, and no wait beyond the longest', async () => {
  const world = aClock()
  const order: number[] = []
  const key = connected('con_1', heavy).order?.key
  const work = (n: number) => async () => {
    order.push(n)
    await key?.evaluate(aView({}))
  }
  await paced(world.services, 'ten_many', work(0))
  await Promise.all([1, 2, 3, 4, 5].map((n) => paced(world.services, 'ten_many', work(n), 7)))
  expect(order).toEqual([0, 1, 2, 3, 4, 5])
  expect(world.clock.now).toBeLessThanOrEqual(5 * 7)
})
