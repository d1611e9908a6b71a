import { expect, it } from 'vitest'
import { newBudget } from '../../src/routing/budget.ts'
import { prepareRegex, regexEngine } from '../../src/routing/regex-engine.ts'
import { dice } from './a-view.ts'

/** All matches with their places and groups, as JSONata asks for them. */
function matches(
  engine: { lastIndex: number; exec(text: string): unknown },
  text: string,
): unknown[] {
  const found: unknown[] = []
  engine.lastIndex = 0
  for (let i = 0; i < 20; i++) {
    const match = engine.exec(text)
    if (match === null) break
    const { index } = match as { index: number }
    const groups = [...(match as string[])]
    found.push([index, engine.lastIndex, ...groups])
    if (groups[0] === '') break
  }
  return found
}

function ours(regex: RegExp) {
  expect(prepareRegex(regex)).toBeNull()
  const Engine = regexEngine(newBudget(100_000))
  return new Engine(regex)
}

const texts = [
  '',
  'a',
  'aa',
  'ab',
  'abab',
  'aabbcc',
  'ABab',
  'foo bar',
  'x=1, y=22',
  '2026-01-31',
  'a\nb\nab',
  'ada@example.com',
  'tel +49 (0)30',
  'é ü 中',
  '😀a😀',
  '\\d[]{}',
  'aaa!',
  'abcabc',
  'a,b,,c',
  '\t x ',
]

it.each([
  /a/g,
  /a+/g,
  /a*/g,
  /a?b/g,
  /a+?/g,
  /a*?b/g,
  /(a)(b)?/g,
  /(a|b)+/g,
  /(?:a|b)+c/g,
  /^a/g,
  /a$/g,
  /^a$/gm,
  /^/g,
  /$/gm,
  /\bb/g,
  /\Bb/g,
  /\d+/g,
  /\D+/g,
  /\w+/g,
  /\W/g,
  /\s+/g,
  /\S+/g,
  /./g,
  /[^a]/g,
  /[a-c]+/g,
  /[^\w\s]/g,
  /[\]\\]/g,
  /[[]/g,
  /ab/gi,
  /[A-B]+/gi,
  /É/gi,
  /a{2}/g,
  /a{1,2}/g,
  /a{2,}/g,
  /a{0}b/g,
  /a{,2}/g,
  /x{/g,
  /(a+)(b+)/g,
  /((a)|(b))+/g,
  /(?:(a)|b)*/g,
  /(a)\1/g,
  /(ab|a)(bc)?c/g,
  /(a)\1/gi,
  /a(?=b)/g,
  /a(?!b)/g,
  /(?=(a+))a*b\1/g,
  /(?!foo)...\b/g,
  /(a*)*/g,
  /(a*)+b/g,
  /(a?)*?b/g,
  /(?:a?){2,3}b/g,
  /(\d+)-(\d+)-(\d+)/g,
  /^[^@\s]+@[^@\s]+\.[a-z]+$/gi,
  /\x61\u0062/g,
  /\u4e2d/g,
  /[\u0080-\uffff]+/g,
  /\0/g,
  /\//g,
  /\./g,
  /a|/g,
  /|a/g,
  /()/g,
  /(z)((a+)?(b+)?(c))*/g,
  /(?=a)*ab/g,
  new RegExp('[]', 'g'),
  new RegExp(['\\1', '(a)'].join(''), 'g'),
  /[^]/g,
  /,/g,
  /(^|,)([^,]*)/g,
])('%s finds what JavaScript finds', (regex) => {
  const engine = ours(regex)
  for (const text of texts)
    expect([text, matches(engine, text)]).toEqual([text, matches(regex, text)])
})

it('finds what JavaScript finds, for two thousand patterns from the dice', () => {
  const roll = dice(7)
  const units = ['a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '\\b', '^', '$']
  const quantifiers = ['', '', '', '*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,2}?']
  const pattern = (depth: number): string =>
    Array.from({ length: 1 + roll(3) }, () => {
      const kind = depth === 0 ? 0 : roll(6)
      if (kind <= 2) {
        const one = units[roll(units.length)] ?? 'a'
        return /^(?:\\b|\^|\$)$/.test(one) ? one : one + quantifiers[roll(quantifiers.length)]
      }
      const open = ['(', '(?:', '(?=', '(?!'][kind === 5 ? roll(4) : roll(2)] ?? '('
      const body =
        roll(2) === 0 ? pattern(depth - 1) : `${pattern(depth - 1)}|${pattern(depth - 1)}`
      return `${open}${body})${open.length === 3 && open !== '(?:' ? '' : quantifiers[roll(quantifiers.length)]}`
    }).join('')
  for (let i = 0; i < 2_000; i++) {
    const regex = new RegExp(pattern(2), ['g', 'gi', 'gm'][roll(3)])
    const engine = ours(regex)
    for (let k = 0; k < 4; k++) {
      const text = Array.from({ length: roll(9) }, () => 'abcA \n'[roll(6)]).join('')
      expect([regex, text, matches(engine, text)]).toEqual([regex, text, matches(regex, text)])
    }
  }
})

it.each([
  [/(?<=a)b/, 'look-behind'],
  [/(?<name>a)/, 'named group'],
  [/(?:a{1000}){1000}/, 'too large'],
])('says that it cannot have %s', (regex, reason) => {
  expect(prepareRegex(regex)).toContain(reason)
})
