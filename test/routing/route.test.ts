import { expect, it } from 'vitest'
import type { EventView, PlannedVerdict } from '../../src/model/event.ts'
import { compileExpression } from '../../src/routing/expression.ts'
import { laneOf } from '../../src/routing/order-key.ts'
import { type ConnectionRecord, compileConnection, route } from '../../src/routing/route.ts'
import { transform } from '../../src/routing/transform.ts'
import { aView, valueOf } from './a-view.ts'

const aRecord = (changes: Partial<ConnectionRecord> = {}): ConnectionRecord => ({
  id: 'con_1',
  source_id: null,
  event_types: ['*'],
  filter: null,
  transform: null,
  destination_id: 'dst_1',
  order: null,
  priority: 'normal',
  enabled: true,
  ...changes,
})

const aConnection = (changes: Partial<ConnectionRecord> = {}, destinationEnabled = true) =>
  valueOf(compileConnection(aRecord(changes), destinationEnabled))

const delivery = (changes: object = {}) => ({
  connection_id: 'con_1',
  verdict: 'delivery',
  destination_id: 'dst_1',
  priority: 'normal',
  lane: null,
  ...changes,
})

const view = aView({ a: 1, repository: { id: 7 } }, { order_key: 'own' })

it.each<[name: string, connection: ReturnType<typeof aConnection>, verdicts: object[]]>([
  ['all', aConnection(), [delivery()]],
  ['one of its source', aConnection({ source_id: 'src_1' }), [delivery()]],
  ['one of another source', aConnection({ source_id: 'src_2' }), []],
  ['one of another source, disabled', aConnection({ source_id: 'src_2', enabled: false }), []],
  [
    'a disabled one',
    aConnection({ enabled: false }),
    [{ connection_id: 'con_1', verdict: 'disabled' }],
  ],
  [
    'a disabled destination',
    aConnection({}, false),
    [{ connection_id: 'con_1', verdict: 'disabled' }],
  ],
  [
    'another type',
    aConnection({ event_types: ['push'] }),
    [{ connection_id: 'con_1', verdict: 'type' }],
  ],
  [
    'another type, disabled',
    aConnection({ event_types: ['push'], enabled: false }),
    [{ connection_id: 'con_1', verdict: 'disabled' }],
  ],
  ['a filter that holds', aConnection({ filter: { data: { a: 1 } } }), [delivery()]],
  [
    'a filter that does not',
    aConnection({ filter: { data: { a: 2 } } }),
    [
      {
        connection_id: 'con_1',
        verdict: 'filtered',
        failed_at: { path: 'data.a', operator: '$eq', expected: 2, actual: 1 },
      },
    ],
  ],
  ['high priority', aConnection({ priority: 'high' }), [delivery({ priority: 'high' })]],
  ['an order', aConnection({ order: { on_dead: 'skip' } }), [delivery({ lane: 'con_1:own' })]],
  [
    'an order by a path',
    aConnection({ order: { key: 'data.repository.id', on_dead: 'skip' } }),
    [delivery({ lane: 'con_1:7' })],
  ],
  [
    'an order by an expression',
    aConnection({ order: { key: 'type & "/" & data.a', on_dead: 'skip' } }),
    [delivery({ lane: 'con_1:order.created/1' })],
  ],
])('routes an event by %s', async (_name, connection, verdicts) => {
  expect(await route(view, 'src_1', [connection])).toEqual(verdicts)
})

it('gives an event that came through the API to connections without a source only', async () => {
  const connections = [aConnection({ source_id: 'src_1' }), aConnection({ id: 'con_2' })]
  expect(await route(view, null, connections)).toEqual([delivery({ connection_id: 'con_2' })])
})

it("lets the event's own priority win, unless it is normal", async () => {
  const connections = [aConnection({ priority: 'low' })]
  const priorityOf = ([verdict]: PlannedVerdict[]) =>
    verdict?.verdict === 'delivery' ? verdict.priority : null
  expect(priorityOf(await route(view, null, connections, 'high'))).toBe('high')
  expect(priorityOf(await route(view, null, connections, 'normal'))).toBe('low')
})

it('keeps the order of the connections', async () => {
  const order = { key: '$string(data.a)', on_dead: 'skip' } as const
  const ids = ['con_3', 'con_1', 'con_2']
  const connections = ids.map((id, i) => aConnection(i === 1 ? { id, order } : { id }))
  const verdicts = await route(view, null, connections)
  expect(verdicts.map(({ connection_id }) => connection_id)).toEqual(ids)
})

it('tells every mistake of a connection with its path', () => {
  const record = aRecord({
    filter: { body: 1, data: { a: { $gt: {} } } },
    transform: '1 +',
    order: { key: '$eval("1")', on_dead: 'skip' },
  })
  const compiled = compileConnection(record, true)
  const paths = compiled.ok ? [] : compiled.error.map(({ path }) => path)
  expect(paths).toEqual(['filter.body', 'filter.data.a.$gt', 'transform', 'order.key'])
})

const long = 'k'.repeat(300)

it.each<[key: string | null, event: EventView, lane: string]>([
  [null, aView({}), 'con_1:'],
  [null, aView({}, { order_key: 'x:y' }), 'con_1:x:y'],
  ['order_key', aView({}, { order_key: 'x' }), 'con_1:x'],
  ['data.a', aView({ a: 5 }), 'con_1:5'],
  ['data.a', aView({ a: true }), 'con_1:true'],
  ['data.a', aView({ a: '' }), 'con_1:'],
  ['data.a', aView({ a: null }, { order_key: 'x' }), 'con_1:'],
  ['data.a', aView({}, { order_key: 'x' }), 'con_1:'],
  ['data.a', aView(undefined), 'con_1:'],
  ['data.a', aView({ a: [1, 2] }), 'con_1:[1,2]'],
  ['data.a', aView({ a: { b: 1 } }), 'con_1:{"b":1}'],
  ['data.a.b', aView({ a: [{ b: 1 }, { b: 2 }] }), 'con_1:[1,2]'],
  ['data.a + 1', aView({ a: 1 }), 'con_1:2'],
  ['data.a + 1', aView({ a: 'x' }), 'con_1:'],
  ['data.a', aView({ a: 'k'.repeat(256) }), `con_1:${'k'.repeat(256)}`],
])('lane of %j', async (key, event, lane) => {
  const compiled = key === null ? null : valueOf(compileExpression(key))
  expect(await laneOf('con_1', { key: compiled }, event)).toBe(lane)
})

it('shortens a long key without mixing it up with another', () => {
  const lane = (order_key: string) => laneOf('con_1', { key: null }, aView({}, { order_key }))
  expect(lane(long)).toMatch(/^con_1:k{200}~[0-9a-z]{1,11}$/)
  expect(lane(long)).toBe(lane(long))
  const lanes = Array.from({ length: 10_000 }, (_, i) => lane(`${long}${i}`))
  expect(new Set(lanes).size).toBe(10_000)
})

it('needs no promise for a lane that no expression has to be run for', () => {
  const key = valueOf(compileExpression('data.a'))
  expect(laneOf('con_1', { key }, aView({ a: 5 }))).toBe('con_1:5')
  expect(laneOf('con_1', null, view)).toBeNull()
})

it('transforms to the bytes of the new body', async () => {
  const bytes = await transform(valueOf(compileExpression('{"näme": data.a}')), view)
  expect(new TextDecoder().decode(valueOf(bytes))).toBe('{"näme":1}')
})

it.each([
  ['data.missing', 'The transform yielded nothing'],
  ['$error("no")', 'no'],
  ['$pad("", 600000, "é")', 'The result is larger than 1048576 bytes'],
])('cannot transform by %s', async (text, error) => {
  expect(await transform(valueOf(compileExpression(text)), view)).toEqual({ ok: false, error })
})

it('transforms to null where null is meant', async () => {
  const bytes = await transform(valueOf(compileExpression('null')), view)
  expect(new TextDecoder().decode(valueOf(bytes))).toBe('null')
})
