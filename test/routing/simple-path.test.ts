import jsonata from 'jsonata'
import { expect, it } from 'vitest'
import type { Json } from '../../src/model/json.ts'
import { simplePath } from '../../src/routing/simple-path.ts'
import { aView, dice } from './a-view.ts'

it.each([
  ['data.a', true],
  ['order_key', true],
  ['_a1.B', true],
  ['data.a[0]', false],
  ['data.`a`', false],
  ['data.a + 1', false],
  ['$.data', false],
  ['data.and', false],
  ['true', false],
  ['null', false],
  ['data..a', false],
  ['1a', false],
  ['', false],
])('%s is a simple path: %s', (text, simple) => {
  expect(simplePath(text) !== null).toBe(simple)
})

it('answers as JSONata does, wherever it answers', async () => {
  const roll = dice(11)
  const names = ['a', 'b', 'length', 'constructor', '__proto__', '_jsonata_lambda']
  const scalars: Json[] = [null, true, false, 0, -1.5, '', 'x', 2 ** 60]
  const value = (depth: number): Json => {
    const kind = depth === 0 ? 0 : roll(5)
    if (kind <= 1) return scalars[roll(scalars.length)] ?? null
    if (kind === 2) return Array.from({ length: roll(3) }, () => value(depth - 1))
    const members = Array.from({ length: 1 + roll(3) }, () => {
      return `${JSON.stringify(names[roll(names.length)])}: ${JSON.stringify(value(depth - 1))}`
    })
    return JSON.parse(`{${members.join(', ')}}`) as Json
  }
  let answered = 0
  for (let i = 0; i < 2_000; i++) {
    const steps = Array.from({ length: 1 + roll(3) }, () => names[roll(names.length)])
    const text = ['data', ...steps].join('.')
    const view = aView(value(3))
    const found = simplePath(text)?.(view)
    if (found?.kind !== 'found') continue
    answered++
    const theirs: unknown = await jsonata(text).evaluate(structuredClone(view))
    expect([text, view.data, found.value]).toEqual([text, view.data, theirs])
  }
  expect(answered).toBeGreaterThan(1_000)
})
