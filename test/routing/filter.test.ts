import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import { compileConnection, route } from '../../src/routing/route.ts'
import { compileFilter } from '../../src/routing/filter.ts'
import { aView, valueOf } from './a-view.ts'

const json = (text: string): Json => JSON.parse(text) as Json
const matches = (filter: unknown, view: ReturnType<typeof aView>): boolean =>
  valueOf(compileFilter(filter))(view) === null

const overData: [data: Json | undefined, filter: unknown, matches: boolean][] = [
  // A bare value is strict equality.
  [{ a: 1 }, { a: 1 }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: '1' }, { a: 1 }, false],
  [{ a: 1 }, { a: '1' }, false],
  [{ a: 0 }, { a: false }, false],
  [{ a: '' }, { a: 0 }, false],
  [{ a: true }, { a: 1 }, false],
  [{ a: true }, { a: true }, true],
  [{ a: 'x' }, { a: 'X' }, false],
  [{ a: -0 }, { a: 0 }, true],
  [{ a: '\u00e9' }, { a: 'e\u0301' }, false],
  // `null` equals only `null`.
  [{ a: null }, { a: null }, true],
  [{}, { a: null }, false],
  [{ a: 0 }, { a: null }, false],
  [{ a: '' }, { a: null }, false],
  // A missing member fails; further members do not matter.
  [{ type: 'a' }, { type: 'a', region: 'eu' }, false],
  [{ type: 'a', region: 'eu' }, { type: 'a' }, true],
  [{}, { a: { b: { c: 1 } } }, false],
  [{ a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }, true],
  [{ a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, false],
  [{ a: 5 }, { a: { b: 1 } }, false],
  [{ a: 'text' }, { a: { length: 4 } }, false],
  [{ a: null }, { a: { b: 1 } }, false],
  // Empty filters.
  [{ a: 1 }, {}, true],
  [5, {}, true],
  [{ a: 1 }, { a: {} }, true],
  [{}, { a: {} }, true],
  // A bare value against an array: it contains it.
  [[1, 2, 3], 3, true],
  [[1, 2, 3], 4, false],
  [[1, 2, 3], '3', false],
  [{ a: [null] }, { a: null }, true],
  [{ a: [] }, { a: null }, false],
  [{ a: [[3]] }, { a: 3 }, false],
  [[1, 2, 3], [{ $eq: 3 }], true],
  [[1, 2, 3], { $eq: 3 }, false],
  // A bare array: all of them are contained.
  [{ tags: ['test', 'other', 'more'] }, { tags: ['test', 'other'] }, true],
  [{ tags: ['test', 'other', 'more'] }, { tags: { $eq: ['test', 'other'] } }, false],
  [{ tags: ['test', 'other'] }, { tags: { $eq: ['test', 'other'] } }, true],
  [{ tags: ['other', 'test'] }, { tags: { $eq: ['test', 'other'] } }, false],
  [{ tags: ['test'] }, { tags: ['test', 'other'] }, false],
  [{ tags: 'test' }, { tags: ['test'] }, false],
  [{ tags: ['a'] }, { tags: [] }, true],
  [{}, { tags: [] }, false],
  [{ n: [1, 10] }, { n: [{ $gt: 5 }, { $lt: 5 }] }, true],
  [{ n: [1, 2] }, { n: [{ $gt: 5 }, { $lt: 5 }] }, false],
  [{ m: [[1, 2], [3]] }, { m: [[3]] }, true],
  [{ m: [[1, 2], [3]] }, { m: [[1, 3]] }, false],
  // A nested object against an array: one single element matches all of it.
  [
    {
      items: [
        { s: 'A', q: 1 },
        { s: 'B', q: 5 },
      ],
    },
    { items: { s: 'A', q: 5 } },
    false,
  ],
  [
    {
      items: [
        { s: 'A', q: 1 },
        { s: 'B', q: 5 },
      ],
    },
    { items: { s: 'B', q: 5 } },
    true,
  ],
  [
    {
      items: [
        { s: 'A', q: 1 },
        { s: 'B', q: 5 },
      ],
    },
    { items: [{ s: 'A' }, { q: 5 }] },
    true,
  ],
  [{ items: [{ s: 'A', q: 1 }] }, { items: { q: { $gte: 1 } } }, true],
  [{ items: [{ t: { u: 1 } }, { t: { u: 2 } }] }, { items: { t: { u: 2 } } }, true],
  [{ items: [] }, { items: { s: 'A' } }, false],
  [{ items: ['A'] }, { items: { length: 1 } }, false],
  [{ items: [{ s: 'A' }] }, { items: { length: 1 } }, false],
  [{ items: [{ s: 'A' }, {}] }, { items: { s: { $exists: false } } }, true],
  [{ items: [{ s: 'A' }] }, { items: { s: { $exists: false } } }, false],
  // $eq and $neq are deep, and the order of members does not matter.
  [{ a: { b: 1, c: 2 } }, { a: { $eq: { c: 2, b: 1 } } }, true],
  [{ a: { b: 1, c: 2 } }, { a: { $eq: { b: 1 } } }, false],
  [{ a: { b: 1 } }, { a: { $eq: { b: 1, c: 2 } } }, false],
  [{ a: [] }, { a: { $eq: {} } }, false],
  [{ a: {} }, { a: { $eq: [] } }, false],
  [{ a: null }, { a: { $eq: null } }, true],
  [{}, { a: { $eq: null } }, false],
  [{ a: 1 }, { a: { $neq: 2 } }, true],
  [{ a: 2 }, { a: { $neq: 2 } }, false],
  [{ a: '2' }, { a: { $neq: 2 } }, true],
  [{ a: [2] }, { a: { $neq: 2 } }, true],
  [{}, { a: { $neq: 2 } }, true],
  [{}, { a: { $neq: null } }, true],
  [{ a: null }, { a: { $neq: null } }, false],
  // Comparisons: numbers with numbers, texts with texts, anything else is false.
  [{ total: 499 }, { total: { $gt: 500 } }, false],
  [{ total: 500 }, { total: { $gt: 500 } }, false],
  [{ total: 501 }, { total: { $gt: 500 } }, true],
  [{ total: 500 }, { total: { $gte: 500 } }, true],
  [{ total: 499.99 }, { total: { $gte: 500 } }, false],
  [{ total: 499 }, { total: { $lt: 500 } }, true],
  [{ total: 500 }, { total: { $lt: 500 } }, false],
  [{ total: 500 }, { total: { $lte: 500 } }, true],
  [{ n: 'N/A' }, { n: { $lt: 5 } }, false],
  [{ n: 'N/A' }, { n: { $gte: 5 } }, false],
  [{ n: '10' }, { n: { $gt: 5 } }, false],
  [{ n: null }, { n: { $lt: 5 } }, false],
  [{ n: false }, { n: { $lt: 5 } }, false],
  [{ n: [1] }, { n: { $lt: 5 } }, false],
  [{}, { n: { $lt: 5 } }, false],
  [{ n: 5 }, { n: { $lt: 'a' } }, false],
  [{ d: '2026-02-01' }, { d: { $gt: '2026-01-31' } }, true],
  [{ d: 'a' }, { d: { $lte: 'a' } }, true],
  [{ d: 'a' }, { d: { $lt: 'aa' } }, true],
  [{ d: 'Z' }, { d: { $lt: 'a' } }, true],
  [{ d: '\u{10000}' }, { d: { $gt: '\uffff' } }, true],
  [{ d: '\uffff' }, { d: { $lt: '\u{1f600}' } }, true],
  [{ n: 5 }, { n: { $gt: 1, $lt: 10 } }, true],
  [{ n: 50 }, { n: { $gt: 1, $lt: 10 } }, false],
  // $in and $nin.
  [{ a: 1 }, { a: { $in: [1, 2] } }, true],
  [{ a: 3 }, { a: { $in: [1, 2] } }, false],
  [{ a: '1' }, { a: { $in: [1, 2] } }, false],
  [{ a: null }, { a: { $in: [null] } }, true],
  [{}, { a: { $in: [null] } }, false],
  [{ a: 1 }, { a: { $in: [] } }, false],
  [{ a: [1] }, { a: { $in: [1] } }, false],
  [{ a: [1] }, { a: { $in: [[1]] } }, true],
  [{ a: { b: 1 } }, { a: { $in: [{ b: 2 }, { b: 1 }] } }, true],
  [{ a: 'eu' }, { a: { $in: ['europe'] } }, false],
  [{ a: 1 }, { a: { $nin: [1, 2] } }, false],
  [{ a: 3 }, { a: { $nin: [1, 2] } }, true],
  [{}, { a: { $nin: [1, 2] } }, true],
  [{ a: 3 }, { a: { $nin: [] } }, true],
  // Texts.
  [{ s: 'abc' }, { s: { $startsWith: 'ab' } }, true],
  [{ s: 'abc' }, { s: { $startsWith: 'bc' } }, false],
  [{ s: 'abc' }, { s: { $startsWith: '' } }, true],
  [{ s: 5 }, { s: { $startsWith: '' } }, false],
  [{ s: ['abc'] }, { s: { $startsWith: 'ab' } }, false],
  [{ s: 'abc' }, { s: { $endsWith: 'bc' } }, true],
  [{ s: 'abc' }, { s: { $endsWith: 'ab' } }, false],
  [{}, { s: { $endsWith: '' } }, false],
  [{ s: 'abc' }, { s: { $contains: 'b' } }, true],
  [{ s: 'abc' }, { s: { $contains: 'd' } }, false],
  [{ s: 'a1c' }, { s: { $contains: 1 } }, false],
  [{ s: [1, 2] }, { s: { $contains: 2 } }, true],
  [{ s: [1, 2] }, { s: { $contains: '2' } }, false],
  [{ s: [{ a: 1 }] }, { s: { $contains: { a: 1 } } }, true],
  [{ s: [{ a: 1, b: 2 }] }, { s: { $contains: { a: 1 } } }, false],
  [{ s: 12 }, { s: { $contains: '1' } }, false],
  [{}, { s: { $contains: 'a' } }, false],
  // $exists, also as Hookdeck writes it.
  [{ b: null }, { b: { $exist: true } }, true],
  [{ b: null }, { b: { $exists: true } }, true],
  [{ b: null }, { b: { $exists: false } }, false],
  [{ a: 1 }, { b: { $exist: false } }, true],
  [{ a: 1 }, { b: { $exists: true } }, false],
  [{ a: 1 }, { b: { c: { $exists: false } } }, true],
  [{ a: 1 }, { a: { $exists: true } }, true],
  // $and, $or, $not, at any place.
  [{ a: 1 }, { $or: [] }, false],
  [{ a: 1 }, { $and: [] }, true],
  [{ a: 1 }, { a: { $or: [] } }, false],
  [{ a: 1 }, { a: { $and: [] } }, true],
  [{ a: 1 }, { $or: [{ a: 2 }, { a: 1 }] }, true],
  [{ a: 1 }, { $or: [{ a: 2 }, { a: 3 }] }, false],
  [{ a: 1 }, { a: { $or: [2, 1] } }, true],
  [{ a: 7 }, { a: { $or: [{ $lt: 3 }, { $gt: 5 }] } }, true],
  [{ a: 4 }, { a: { $or: [{ $lt: 3 }, { $gt: 5 }] } }, false],
  [{ a: 4, b: 1 }, { $and: [{ a: 4 }, { b: 1 }] }, true],
  [{ a: 4, b: 1 }, { $and: [{ a: 4 }, { b: 2 }] }, false],
  [{ a: 4 }, { a: { $and: [{ $gt: 3 }, { $lt: 5 }] } }, true],
  [{ a: 1 }, { $not: { a: 1 } }, false],
  [{ a: 2 }, { $not: { a: 1 } }, true],
  [{}, { $not: { a: 1 } }, true],
  [{ a: 1 }, { a: { $not: { $eq: 1 } } }, false],
  [{ a: 'x' }, { a: { $not: { $gt: 1 } } }, true],
  [{}, { a: { $not: { $exists: true } } }, true],
  [{ a: { b: 1 } }, { a: { $not: { b: 1 } } }, false],
  [{ a: [1, 2] }, { $not: { a: 2 } }, false],
  [{ a: 1 }, { $not: {} }, false],
  // Operators and members in one object: both hold.
  [{ a: { b: 1 } }, { a: { $exists: true, b: 1 } }, true],
  [{ a: { b: 1 } }, { a: { $exists: true, b: 2 } }, false],
  [{ a: { b: 1 } }, { a: { $neq: { b: 1 }, b: 1 } }, false],
  [{ a: 1, b: 2 }, { a: 1, $or: [{ b: 3 }, { b: 2 }] }, true],
  [{ a: 9, b: 2 }, { a: 1, $or: [{ b: 3 }, { b: 2 }] }, false],
  // Inherited names are no members, in the event or in the filter.
  [{}, { constructor: { $exists: true } }, false],
  [{}, { toString: { $exists: true } }, false],
  [{}, { hasOwnProperty: { $exists: false } }, true],
  [{ constructor: 'x' }, { constructor: 'x' }, true],
  [{}, json('{"__proto__": {"$exists": true}}'), false],
  [json('{"__proto__": 1}'), json('{"__proto__": 1}'), true],
  [{}, json('{"__proto__": {}}'), true],
  [{}, { a: { $eq: json('{"__proto__": 1}') } }, false],
  [{ a: {} }, { a: { $eq: json('{"__proto__": 1}') } }, false],
  [json('{"a": {"__proto__": 1}}'), { a: { $eq: {} } }, false],
  [[1], { length: 1 }, false],
  // Integers beyond 2^53 are what JSON.parse makes of them: near ones cannot be told apart.
  [json('{"id": 12345678901234567890}'), json('{"id": 12345678901234567890}'), true],
  [json('{"id": 12345678901234567890}'), json('{"id": 12345678901234567891}'), true],
  [json('{"id": "12345678901234567890"}'), { id: '12345678901234567891' }, false],
  // A body that is not JSON has no data at all.
  [undefined, {}, true],
  [undefined, { a: 1 }, false],
  [undefined, null, false],
  [undefined, [], false],
  [undefined, { $exists: false }, true],
  [undefined, { a: { $exists: false } }, true],
  [undefined, { a: { $neq: 1 } }, true],
  [undefined, { a: { $nin: [1] } }, true],
  [undefined, { a: { $lt: 1 } }, false],
  // Data that is no object.
  ['text', 'text', true],
  [null, null, true],
  [null, { a: 1 }, false],
  [5, { $gt: 4 }, true],
]

it.each(overData)('data %j with %j: %s', (data, filter, expected) => {
  expect(matches({ data: filter }, aView(data))).toBe(expected)
})

it.each<[filter: unknown, matches: boolean]>([
  [{ type: 'order.created' }, true],
  [{ type: { $startsWith: 'order.' } }, true],
  [{ type: 'order' }, false],
  [{ source: null }, true],
  [{ source: { $exists: true } }, true],
  [{ source: 'shop' }, false],
  [{ subject: 'order/7' }, true],
  [{ subject: { $endsWith: '/8' } }, false],
  [{ headers: { 'x-region': 'eu' } }, true],
  [{ headers: { 'X-Region': 'eu' } }, true],
  [{ headers: { 'X-REGION': 'us' } }, false],
  [{ headers: { $or: [{ 'X-Region': 'us' }, { 'X-Region': 'eu' }] } }, true],
  [{ headers: { $not: { 'X-Region': 'eu' } } }, false],
  [{ headers: { 'X-Missing': { $exists: false } } }, true],
  [{ headers: { $exists: true } }, true],
  [{ $or: [{ headers: { 'X-Region': 'eu' } }, { type: 'x' }] }, true],
  [{ $and: [{ type: 'order.created' }, { data: { a: 1 } }] }, true],
  [{ $not: { type: 'order.created' } }, false],
  [{ type: 'order.created', data: { a: 2 } }, false],
])('an event with %j: %s', (filter, expected) => {
  const view = aView({ a: 1 }, { subject: 'order/7', headers: { 'x-region': 'eu' } })
  expect(matches(filter, view)).toBe(expected)
})

/** `depth` objects, one in the other, and a value. */
const nested = (depth: number): Json => (depth === 0 ? 1 : { a: nested(depth - 1) })

describe('A filter that cannot be', () => {
  it.each<[filter: unknown, path: string]>([
    [{ data: { amount: { $gt: {} } } }, 'filter.data.amount.$gt'],
    [{ data: { amount: { $gte: null } } }, 'filter.data.amount.$gte'],
    [{ data: { amount: { $lt: true } } }, 'filter.data.amount.$lt'],
    [{ data: { amount: { $lte: [1] } } }, 'filter.data.amount.$lte'],
    [{ data: { a: { $in: 3 } } }, 'filter.data.a.$in'],
    [{ data: { a: { $in: 'abc' } } }, 'filter.data.a.$in'],
    [{ data: { a: { $nin: {} } } }, 'filter.data.a.$nin'],
    [{ data: { a: { $exists: 'yes' } } }, 'filter.data.a.$exists'],
    [{ data: { a: { $exist: 1 } } }, 'filter.data.a.$exist'],
    [{ data: { a: { $startsWith: 1 } } }, 'filter.data.a.$startsWith'],
    [{ data: { a: { $endsWith: ['a'] } } }, 'filter.data.a.$endsWith'],
    [{ $or: {} }, 'filter.$or'],
    [{ $and: 1 }, 'filter.$and'],
    [{ $not: [] }, 'filter.$not'],
    [{ $not: 1 }, 'filter.$not'],
    [{ $or: [{ type: 'a' }, 5] }, 'filter.$or[1]'],
    [{ $or: [{ data: { a: { $gt: {} } } }] }, 'filter.$or[0].data.a.$gt'],
    [{ data: { a: [{ $gt: {} }] } }, 'filter.data.a[0].$gt'],
    [{ data: { a: { $regex: 'x' } } }, 'filter.data.a.$regex'],
    [{ data: { a: { $ref: 'b' } } }, 'filter.data.a.$ref'],
    [{ data: { 'a b': { $oops: 1 } } }, 'filter.data["a b"].$oops'],
    [{ data: { a: { $constructor: 1 } } }, 'filter.data.a.$constructor'],
    [{ data: { a: { $: 1 } } }, 'filter.data.a.$'],
    [{ headers: { 'X-A': { $gt: {} } } }, 'filter.headers.X-A.$gt'],
    [{ body: { a: 1 } }, 'filter.body'],
    [{ id: 'evt_1' }, 'filter.id'],
    [{ $not: { body: 1 } }, 'filter.$not.body'],
    [{ constructor: 1 }, 'filter.constructor'],
    [{ $eq: 1 }, 'filter.$eq'],
    [{ $exists: true }, 'filter.$exists'],
    [[], 'filter'],
    [null, 'filter'],
    ['type', 'filter'],
    [{ data: { a: undefined } }, 'filter.data.a'],
    [{ data: { a: NaN } }, 'filter.data.a'],
    [{ data: { a: () => 1 } }, 'filter.data.a'],
    [{ data: { a: Array.from({ length: 501 }, (_, i) => i) } }, 'filter'],
    [{ data: nested(20) }, `filter.data${'.a'.repeat(20)}`],
  ])('is refused at its path (%#)', (filter, path) => {
    const compiled = compileFilter(filter)
    expect(compiled).toMatchObject({ ok: false, error: [{ path }] })
  })

  it('is told of all its mistakes at once', () => {
    const compiled = compileFilter({ body: 1, data: { a: { $gt: {}, $oops: 1 } } })
    const paths = compiled.ok ? [] : compiled.error.map(({ path }) => path)
    expect(paths).toEqual(['filter.body', 'filter.data.a.$gt', 'filter.data.a.$oops'])
  })

  it.each([
    [{ data: { a: Array.from({ length: 500 }, (_, i) => i) } }],
    [{ data: nested(19) }],
    [{ data: { a: { $eq: '$gt' } } }],
    [{ data: { a: { $eq: { $oops: 1 } } } }],
  ])('is not one just within the limits', (filter) => {
    expect(compileFilter(filter).ok).toBe(true)
  })

  it('is not found by running out of stack', () => {
    expect(compileFilter({ data: nested(5_000) }).ok).toBe(false)
  })
})

it.each([
  ['a bare value', { data: { list: 'wanted' } }],
  ['a listed one', { data: { list: ['wanted'] } }],
  ['an object in an array', { data: { list: { a: 1 } } }],
  ['$contains', { data: { list: { $contains: 'wanted' } } }],
])('says no, and why, where %s would have it look at too much', (_what, filter) => {
  const list = Array.from({ length: 1_000_001 }, () => 0)
  const verdict = valueOf(compileFilter(filter))(aView({ list }))
  expect(verdict).toMatchObject({ operator: '$limit', expected: 1_000_000 })
})

it('looks at no more for all filters of an event together than for a few of the largest', async () => {
  const list = Array.from({ length: 200_000 }, () => 0)
  const connections = Array.from({ length: 50 }, (_, i) =>
    valueOf(
      compileConnection(
        {
          id: `con_${i}`,
          source_id: null,
          event_types: ['*'],
          filter: { data: { list: 'wanted' } },
          transform: null,
          destination_id: 'dst_1',
          order: null,
          priority: 'normal',
          enabled: true,
        },
        true,
      ),
    ),
  )
  const verdicts = await route(aView({ list }), null, connections)
  const limited = verdicts.filter(
    (one) => 'failed_at' in one && one.failed_at.operator === '$limit',
  )
  expect(verdicts[0]).toMatchObject({ failed_at: { operator: '$contains' } })
  expect(limited.length).toBeGreaterThan(35)
})
