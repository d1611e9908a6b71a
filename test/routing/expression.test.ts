import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import { compileExpression } from '../../src/routing/expression.ts'
import { aView, valueOf } from './a-view.ts'

const data = {
  a: 1,
  name: 'Ada',
  text: 'ab12cd34',
  none: [],
  one: [7],
  items: [
    { id: 1, price: 10, tags: ['x', 'y'] },
    { id: 2, price: 2.5, tags: [] },
  ],
}

const view = aView(data, { headers: { 'x-a': 'b' }, order_key: 'k', subject: 's' })
const evaluate = (text: string, on = view) => valueOf(compileExpression(text)).evaluate(on)

it.each<[text: string, value: Json | undefined]>([
  ['type', 'order.created'],
  ['id', 'evt_1'],
  ['time', '2026-01-01T00:00:00.000Z'],
  ['headers.`x-a`', 'b'],
  ['$.order_key & subject', 'ks'],
  ['data.a + 1', 2],
  ['data.missing', undefined],
  ['data.items.id', [1, 2]],
  ['data.items[price > 5].id', 1],
  ['data.items[price > 50].id', undefined],
  ['data.items[0].tags[]', ['x', 'y']],
  [
    'data.items.{"i": id, "t": tags}',
    [
      { i: 1, t: ['x', 'y'] },
      { i: 2, t: [] },
    ],
  ],
  ['data.items{$string(id): price}', { 1: 10, 2: 2.5 }],
  ['$sum(data.items.price)', 12.5],
  ['$sum(data.items.(price * 2))', 25],
  ['data.items^(price).id', [2, 1]],
  ['$sort(data.items, function($l, $r) { $l.price > $r.price }).id', [2, 1]],
  ['$map(data.items, function($i, $n) { $n })', [0, 1]],
  ['$filter(data.items, function($i) { $i.id = 2 }).price', 2.5],
  ['$reduce([1..5], function($x, $y) { $x * $y })', 120],
  ['$map(["a", "b"], $uppercase)', ['A', 'B']],
  ['($half := $substring(?, 0, 1); $half(data.name))', 'A'],
  ['($first := $append(?, [9]); $first([1]))', [1, 9]],
  ['data.name ~> $uppercase ~> $length', 3],
  ['($f := $uppercase ~> $length; $f(data.name))', 3],
  ['($f := function($n) { $n = 0 ? 0 : $n + $f($n - 1) }; $f(50))', 1275],
  ['$merge([{"a": 1}, {"b": 2}])', { a: 1, b: 2 }],
  ['$keys(data.items)', ['id', 'price', 'tags']],
  ['$lookup(data, "name")', 'Ada'],
  ['$each({"a": 1}, function($v, $k) { $k & $v })', 'a1'],
  ['$sift({"a": 1, "b": 2}, function($v) { $v > 1 })', { b: 2 }],
  ['$distinct([1, 1, 2])', [1, 2]],
  [
    '$zip([1, 2], [3, 4])',
    [
      [1, 3],
      [2, 4],
    ],
  ],
  ['$spread({"a": 1, "b": 2})', [{ a: 1 }, { b: 2 }]],
  ['$string({"a": [1, null]})', '{"a":[1,null]}'],
  ['$string([1], true)', '[\n  1\n]'],
  ['$pad("x", -3, "ab")', 'abx'],
  ['$formatNumber(1234.5, "#,##0.00")', '1,234.50'],
  ['$formatInteger(7, "I")', 'VII'],
  ['$parseInteger("twelve", "w")', 12],
  ['$toMillis("1970-01-01T00:00:01.000Z")', 1000],
  ['$toMillis("12/03/2024", "[M01]/[D01]/[Y0001]")', 1733184000000],
  ['$toMillis("20240102", "[Y0001][M01][D01]")', 1704153600000],
  ['$fromMillis(0, "[Y0001]-[M01]-[D01]")', '1970-01-01'],
  ['$base64encode("hello")', 'aGVsbG8='],
  ['$base64decode("aGVsbG8=")', 'hello'],
  ['$encodeUrlComponent("a b")', 'a%20b'],
  ['$match(data.text, /[0-9]+/).match', ['12', '34']],
  ['$replace(data.text, /(\\d)(\\d)/, "<$2$1>")', 'ab<21>cd<43>'],
  ['$replace("a-b-c", "-", "+")', 'a+b+c'],
  ['$split("a, b,c", /,\\s*/)', ['a', 'b', 'c']],
  ['$contains("ABC", /b/i)', true],
  ['data.name ~> /d/ ? "yes" : "no"', 'yes'],
  [
    'data ~> |items[id = 1]|{"price": 11}, "tags"|',
    { ...data, items: [{ id: 1, price: 11 }, data.items[1] ?? null] },
  ],
  ['$now() = $fromMillis($millis())', true],
  ['$type($now("[Y0001]"))', 'string'],
  ['function($x)<n:n>{$x + 1}(2)', 3],
  ['null', null],
  ['[]', []],
  ['{}', {}],
  ['data.**.price', [10, 2.5]],
  ['{"x": data.missing}', {}],
  ['constructor', undefined],
  ['data.__proto__', undefined],
  ['data.name.constructor', undefined],
  ['$lookup(data, "toString")', undefined],
])('%s', async (text, value) => {
  expect(await evaluate(text)).toEqual({ ok: true, value })
})

it.each([
  ['$string', 'a function'],
  ['{"f": function($x) { $x }}', 'a function'],
  ['data.text ~> $match(/b/) ~> $map(function($m) { $string })', 'a function'],
  ['{"f": $string} & ""', 'A function'],
  ['1 / 0', 'number'],
  ['{"n": [0 / 0]}', 'number'],
  ['"a" + 1', 'left side of the "+" operator'],
  ['$error("not today")', 'not today'],
  ['data.name()', 'non-function'],
  ['$number("x")', 'Unable to cast'],
  ['$base64encode("\u20ac")', 'base64'],
  ['$now(5)', '$now'],
])('%s is an error', async (text, message) => {
  expect(await evaluate(text)).toEqual({ ok: false, error: expect.stringContaining(message) })
})

it('says nothing of errors from inside the engine, and cuts what it says', async () => {
  expect(await evaluate('$formatInteger(1000000000000, "I")')).toEqual({
    ok: false,
    error: 'The expression failed',
  })
  const long = await evaluate('$error($pad("", 100000, "x"))')
  expect(long.ok ? '' : long.error).toHaveLength(301)
})

it.each([
  ['data.', 5],
  ['(1', null],
  ['"abc', null],
  ['1 +', null],
  ['$eval("1")', 5],
  ['$map(["1"], $eval)', 17],
  ['$match("a", /(?<=b)a/)', null],
  ['$match("a", /(?<name>a)/)', null],
  ['function($x)<x+x+:x>{$x}(1)', null],
  ['('.repeat(20_000), null],
])('does not compile %s', (text, position) => {
  const compiled = compileExpression(text)
  expect(compiled.ok).toBe(false)
  if (!compiled.ok && position !== null) expect(compiled.error.position).toBe(position)
  if (!compiled.ok) expect(compiled.error.message).toEqual(expect.stringMatching(/./))
})

describe('The event that an expression reads', () => {
  it.each([
    'data.none{"a": 1}',
    'data.items[]',
    'data.items[0]()',
    '($clone := function($x) { $x }; $ ~> |data|{"a": 2}, "name"|)',
    '$sort(data.items, function($l, $r) { $l.price > $r.price })',
  ])('is not changed by %s', async (text) => {
    const before = structuredClone(view)
    await evaluate(text)
    expect(view).toEqual(before)
    expect(Object.keys(view.data === undefined ? {} : data.items)).toEqual(['0', '1'])
  })

  it('keeps a member named __proto__ a member', async () => {
    const strange = aView(JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as Json)
    const result = await evaluate('data', strange)
    expect(JSON.stringify(result)).toContain('{"__proto__":{"a":1},"b":2}')
  })

  it('cannot pass for a function', async () => {
    const strange = aView({ f: { _jsonata_lambda: true, thunk: true, body: {} }, a: 1 })
    expect((await evaluate('data.f(1)', strange)).ok).toBe(false)
    expect((await evaluate('$map([1], data.f)', strange)).ok).toBe(false)
    expect((await evaluate('data', strange)).ok).toBe(false)
    expect(await evaluate('data.a', strange)).toEqual({ ok: true, value: 1 })
  })

  it('may have no data', async () => {
    const binary = aView(undefined)
    expect(await evaluate('data', binary)).toEqual({ ok: true, value: undefined })
    expect(await evaluate('{"t": type, "d": data.a}', binary)).toEqual({
      ok: true,
      value: { t: 'order.created' },
    })
  })
})

it('keeps evaluations that run at the same time apart', async () => {
  const expression = valueOf(compileExpression('$sum([1..100].($ * $$.data.n)) & /x+/("xx").match'))
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, n) => expression.evaluate(aView({ n }))),
  )
  expect(results).toEqual(
    Array.from({ length: 200 }, (_, n) => ({ ok: true, value: `${5050 * n}xx` })),
  )
})
