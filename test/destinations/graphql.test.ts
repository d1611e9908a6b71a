import { expect, it } from 'vitest'
import { graphqlAnswer, graphqlErrors, graphqlRequest } from '../../src/destinations/graphql.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

it('is a POST of the query and its variables, whatever these hold', () => {
  const operation = { query: 'query q($a: String!) { a(a: $a) }', variables: { a: '"\n\uD800' } }
  const request = graphqlRequest(
    'https://x.test/graphql',
    { 'x-key': 'k' },
    ['x-key'],
    operation,
    't',
  )
  expect(request).toMatchObject({ method: 'POST', secretHeaders: ['x-key'], token: 't' })
  expect(Object.fromEntries(request.headers)).toMatchObject({
    'content-type': 'application/json',
    'x-key': 'k',
  })
  expect(JSON.parse(new TextDecoder().decode(request.body ?? undefined))).toEqual({
    ...operation,
    // Half a surrogate pair is no character, and many parsers refuse all for one.
    variables: { a: '"\n\uFFFD' },
  })
})

it.each<[string, string, string[][] | null]>([
  ['no errors', '{"data":{"a":1}}', []],
  ['a code', '{"errors":[{"message":"m","extensions":{"code":"THROTTLED"}}]}', [['THROTTLED']]],
  ['a code and a type', '{"errors":[{"extensions":{"code":"C","type":"t"}}]}', [['C', 't']]],
  ['errors without extensions', '{"data":null,"errors":[{"message":"m"},7]}', [[], []]],
  ['errors as a text', '{"errors":"[API] Invalid key"}', [[]]],
  ['no GraphQL', '{"message":"not found"}', null],
  ['a list', '[]', null],
  ['no JSON', '<html>', null],
  ['nothing', '', null],
])('reads %s', (_, body, codes) => {
  expect(graphqlAnswer(bytes(body))?.errors.map((error) => error.codes) ?? null).toEqual(codes)
  expect(graphqlErrors(bytes(body)).map((error) => error.codes)).toEqual(codes ?? [])
})

it('keeps what an error says', () => {
  expect(graphqlErrors(bytes('{"errors":"[API] Invalid key"}'))[0]?.message).toBe(
    '[API] Invalid key',
  )
  expect(graphqlAnswer(bytes('{"errors":[]}'))?.data).toBeNull()
})
