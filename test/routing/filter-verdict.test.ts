import { expect, it } from 'vitest'
import type { FailedLeaf } from '../../src/model/event.ts'
import type { Json } from '../../src/model/json.ts'
import { compileFilter } from '../../src/routing/filter.ts'
import { aView, valueOf } from './a-view.ts'

const failed = (data: Json | undefined, filter: unknown): FailedLeaf | null =>
  valueOf(compileFilter(filter))(aView(data, { headers: { 'x-foo': 'a' } }))

const items = [
  { sku: 'A', q: 1 },
  { sku: 'B', q: 5 },
]

it.each<[Json | undefined, unknown, string, string, Json, Json | undefined]>([
  [{ a: 1 }, { type: 'x' }, 'type', '$eq', 'x', 'order.created'],
  [{ a: 1 }, { headers: { 'X-Foo': 'b' } }, 'headers.x-foo', '$eq', 'b', 'a'],
  [{ a: 1 }, { data: { a: 2 } }, 'data.a', '$eq', 2, 1],
  [{ a: 1 }, { data: { a: 1, b: 2 } }, 'data.b', '$eq', 2, undefined],
  [{ a: 1 }, { data: { b: { c: { d: 2 } } } }, 'data.b.c.d', '$eq', 2, undefined],
  [{ 'a b': 1 }, { data: { 'a b': 2 } }, 'data["a b"]', '$eq', 2, 1],
  [undefined, { data: { a: 2 } }, 'data.a', '$eq', 2, undefined],
  [{ a: 1 }, { data: { a: { $gt: 0, $lt: 1 } } }, 'data.a', '$lt', 1, 1],
  [{ a: null }, { data: { a: { $exist: false } } }, 'data.a', '$exists', false, null],
  [{ a: [1] }, { data: { a: 2 } }, 'data.a', '$contains', 2, [1]],
  [{ a: [1] }, { data: { a: [1, 2] } }, 'data.a', '$contains', 2, [1]],
  [{ a: 1 }, { data: { a: [1, 2] } }, 'data.a', '$contains', [1, 2], 1],
  [{ items }, { data: { items: { sku: 'A', q: 5 } } }, 'data.items[0].q', '$eq', 5, 1],
  [{ items }, { data: { items: { q: 5, sku: 'A' } } }, 'data.items[1].sku', '$eq', 'A', 'B'],
  [{ items }, { data: { items: { sku: 'C' } } }, 'data.items[0].sku', '$eq', 'C', 'A'],
  [{ items: [] }, { data: { items: { q: 1 } } }, 'data.items', '$contains', { q: 1 }, []],
  [{ a: 1 }, { $or: [{ data: { a: 2 } }, { data: { a: 3 } }] }, 'data.a', '$or', [2, 3], 1],
  [{ a: 1 }, { data: { a: { $or: [] } } }, 'data.a', '$or', [], 1],
  [{ a: 1 }, { $or: [{ data: { a: 2 } }] }, 'data.a', '$eq', 2, 1],
  [
    { a: 1 },
    { $or: [{ data: { a: 2 } }, { type: 'x' }] },
    '$or',
    '$or',
    [2, 'x'],
    { 'data.a': 1, type: 'order.created' },
  ],
  [{ a: 1 }, { $and: [{ data: { a: 1 } }, { data: { b: 1 } }] }, 'data.b', '$eq', 1, undefined],
  [{ a: 1 }, { $not: { data: { a: 1 } } }, 'data.a', '$not', 1, 1],
  [{ a: 1 }, { data: { a: { $not: { $gt: 0 } } } }, 'data.a', '$not', { $gt: 0 }, 1],
])('of %j, %j fails at %s', (data, filter, path, operator, expected, actual) => {
  expect(failed(data, filter)).toEqual({ path, operator, expected, actual })
})

it('names the leaf that fails first', () => {
  expect(failed({ a: 1, b: 1 }, { type: 'x', data: { a: 2, b: 2 } })?.path).toBe('type')
})

it.each<[name: string, actual: Json, shown: Json]>([
  ['a long text', 'x'.repeat(100_000), `${'x'.repeat(200)}…`],
  ['a large array', Array.from({ length: 5_000 }, (_, i) => i), '[… 5000 elements]'],
  ['a large object', { a: 'x'.repeat(500), b: 1 }, '{… 2 members}'],
  ['a small object', { a: [1, 'x'] }, { a: [1, 'x'] }],
])('shows %s in few words', (_name, actual, shown) => {
  expect(failed({ a: actual }, { data: { a: { $gt: 1 } } })?.actual).toEqual(shown)
})

it('keeps a verdict small, whatever the filter expects', () => {
  const long = Array.from({ length: 400 }, (_, i) => `country-${i}`)
  expect(JSON.stringify(failed({ a: 1 }, { data: { a: { $in: long } } })).length).toBeLessThan(400)
})
