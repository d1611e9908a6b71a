import { expect, it } from 'vitest'
import { compileExpression } from '../../src/routing/expression.ts'
import { aView, valueOf } from './a-view.ts'

const view = aView({
  text: `${'a'.repeat(60_000)}!`,
  many: Array.from({ length: 9_000 }, (_, i) => i),
})

/** Applies `step` to `$a` sixty times, beginning with `start`, and gives the result to `use`. */
const sixtyTimes = (start: string, step: string, use: string): string =>
  `($d := function($a, $n) { $n = 0 ? $a : $d(${step}, $n - 1) }; $v := $d(${start}, 60); ${use})`

const pair = '{"a": $a, "b": $a}'

/** CPU, not wall time: another process on the machine must not fail this. */
const allowedMs = 1_000

it.each([
  ['a tail call without end', '($f := function($x) { $f($x) }; $f(1))'],
  ['a recursion without end', '($f := function($x) { 1 + $f($x) }; $f(1))'],
  ['two functions without end', '($f := function() { $g() }; $g := function() { $f() }; $f())'],
  ['a combinator without end', '($y := function($f) { $f($f) }; $y($y))'],
  ['a large range', '[1..10000000]'],
  ['ranges of ranges', '[1..9000].[1..9000].[1..9000]'],
  ['a doubled text', sixtyTimes('"ab"', '$a & $a', '$length($v)')],
  ['a doubled text by join', sixtyTimes('"ab"', '$join([$a, $a])', '$v')],
  ['a doubled text by replace', sixtyTimes('"aa"', '$replace($a, "a", $a)', '$v')],
  ['a doubled array', sixtyTimes('[1]', '$append($a, $a)', '$count($v)')],
  ['a doubled array by partial', sixtyTimes('[1]', '($p := $append(?, $a); $p($a))', '$count($v)')],
  ['a doubled array by literal', sixtyTimes('[1]', '[$a, $a]', '$count($v)')],
  ['a tree of one part, answered', sixtyTimes('1', pair, '$v')],
  ['a tree of one part, compared', sixtyTimes('1', pair, '$v = $v & ""')],
  ['a tree of one part, as text', sixtyTimes('1', pair, '$string($v)')],
  ['a tree of one part, concatenated', sixtyTimes('1', pair, '$v & "x"')],
  ['a tree of one part, descended', sixtyTimes('1', pair, '$v.**')],
  ['a tree of one part, as a key', sixtyTimes('1', pair, '{$v: 1}')],
  ['a tree of one part, negated', sixtyTimes('1', pair, '-$v')],
  ['a tree of one part, cloned', sixtyTimes('1', pair, '$clone($v)')],
  ['a tree of one part, as an update', sixtyTimes('1', pair, '{} ~> |$|[$v]|')],
  ['nested arrays, as a condition', sixtyTimes('[]', '[[$a], [$a]]', '$v ? 1 : 2')],
  ['nested arrays, by name', sixtyTimes('[]', '[[$a], [$a]]', '$v.foo')],
  ['nested arrays, all members', sixtyTimes('[]', '[[$a], [$a]]', '{"k": $v}.*')],
  ['nested arrays, by zip', sixtyTimes('[1, 2]', '$zip($a, $a)', '$boolean($v)')],
  ['nested arrays, by map', sixtyTimes('[1]', '$map([1, 2], function() { $a })', '$not($v)')],
  ['nested quantifiers', '$match(data.text, /(a+)+$/)'],
  ['overlapping alternatives', '$contains(data.text, /^(a|a)*$/)'],
  ['quantifiers in a row', '$contains(data.text, /a*a*a*a*a*b/)'],
  ['a back reference', '$contains(data.text, /(a*)*\\1b/)'],
  ['a scan from each place', '$replace(data.text, /a[^b]*b/, "")'],
  ['a quantified look-ahead', '$contains(data.text, /(?=(a+))*\\1b/)'],
  ['regular expressions in a loop', '[1..9000].$contains($$.data.text, /b/)'],
  ['a wide pad', '$pad("a", 1000000000)'],
  ['a pad by infinity', '$pad("a", 1/0)'],
  ['a number format of infinity', '$formatNumber(1/0, "0e0")'],
  ['a number format without separator', '$formatNumber(5, "0", {"grouping-separator": ""})'],
  ['a wide date', '$fromMillis(0, "[Y,1000000000]")'],
  ['an ambiguous date', `$toMillis("${'1'.repeat(60)}x", "${'[f]1'.repeat(20)}")`],
  ['a replacement of everything', '$replace(data.text, "a", data.text)'],
  ['distinct of very many', '$distinct(data.many)'],
  ['a sort of very many', '$sort(data.many)'],
  ['append of very many', '$reduce(data.many, $append)'],
  ['text in a loop', 'data.many.$uppercase($$.data.text)'],
  ['comparisons in a loop', 'data.many.($$ = $$)'],
  ['an array in a loop', '(data.many).($$.data.many)'],
  ['a nest of arrays', sixtyTimes('[]', '[[[[[$a]]]]]', '$v')],
  ['a failure beside a loop', '[$error("x"), ($f := function($x) { $f($x) }; $f(1))]'],
])('ends %s with an error', async (_name, text) => {
  const expression = valueOf(compileExpression(text))
  const before = process.cpuUsage()
  const result = await expression.evaluate(view)
  const { user, system } = process.cpuUsage(before)
  // Not by chance, where the engine's own stack or heap gives up.
  expect(result).toEqual({ ok: false, error: expect.not.stringContaining('The expression failed') })
  expect((user + system) / 1000).toBeLessThan(allowedMs)
})

it('caps the result at 1 MiB', async () => {
  const of = (length: number) => `$pad("", ${length}, "x")`
  expect((await valueOf(compileExpression(of(1_000_000))).evaluate(view)).ok).toBe(true)
  const twice = `{"a": ${of(600_000)}, "b": ${of(600_000)}}`
  expect((await valueOf(compileExpression(twice)).evaluate(view)).ok).toBe(false)
})

it('has room for an honest transform of a thousand items', async () => {
  const items = Array.from({ length: 1_000 }, (_, i) => ({ id: i, price: i, tags: ['a', 'b'] }))
  const text =
    'data.items.{"id": id, "total": price * 2, "tags": $join(tags, ","), "ok": price > 5}'
  const result = await valueOf(compileExpression(text)).evaluate(aView({ items }))
  expect(result).toMatchObject({ ok: true, value: expect.objectContaining({ length: 1_000 }) })
})

it('refuses an event that nests too deep to be read, but not by what lies outside of it', async () => {
  const deep = aView(JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`))
  const evaluate = (text: string) => valueOf(compileExpression(text)).evaluate(deep)
  expect(await evaluate('$string(data)')).toMatchObject({ ok: false })
  expect(await evaluate('type')).toEqual({ ok: true, value: 'order.created' })
})
