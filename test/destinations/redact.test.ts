import { expect, it } from 'vitest'
import { redact, secretsIn } from '../../src/destinations/redact.ts'

it.each([
  ['token=s3cret-1.', ['s3cret-1'], 'token=••••.'],
  ['s3cret-1s3cret-1', ['s3cret-1'], '••••••••'],
  ['the longer first: abcdefgh', ['abcd', 'abcdefgh'], 'the longer first: ••••'],
  [String.raw`{"x":"a\"b\\c"}`, ['a"b\\c'], '{"x":"••••"}'],
  ['x=a%26b%3Dc', ['a&b=c'], 'x=••••'],
  ['x=a%26b%3dc', ['a&b=c'], 'x=••••'],
  ['x=a%21b+c*', ['a!b c*'], 'x=••••'],
  [String.raw`{"x":"ab\/cd"}`, ['ab/cd'], '{"x":"••••"}'],
  ['<a href="?x=ab&amp;cd">', ['ab&cd'], '<a href="?x=••••">'],
  ['ok 1', ['1', 'ok', ''], 'ok 1'],
  ['$& and $1', ['$& a'], '••••nd $1'],
])('%j without %j is %j', (text, secrets, expected) => {
  expect(redact(text, secrets, false)).toBe(expected)
})

it('masks the beginning of a secret that the cut has halved', () => {
  expect(redact('it is s3cre', ['s3cret-1'], true)).toBe('it is ••••')
  expect(redact('it is s3cre', ['s3cret-1'], false)).toBe('it is s3cre')
  expect(redact('it is', ['s3cret-1'], true)).toBe('it is')
  expect(redact('it is s3cre…', ['s3cret-1'], true)).toBe('it is ••••')
})

it('finds the texts at the secret paths', () => {
  const config = { headers: { a: '1', 'b.c': '2' }, auth: { password: '3', username: '4' } }
  expect(secretsIn(config, ['headers.*', 'auth.password', 'auth.token'])).toEqual(['1', '2', '3'])
})
