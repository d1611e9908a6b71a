import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { fieldErrors, pathText } from '../../src/http/issues.ts'
import { invalid, problem, rateLimited } from '../../src/http/problem.ts'
import { Retry } from '../../src/model/destination.ts'

it.each([
  [[], ''],
  [['config', 'url'], 'config.url'],
  [['events', 3, 'type'], 'events[3].type'],
  [['headers', 'x-team'], 'headers.x-team'],
  [['headers', 'a b'], 'headers["a b"]'],
  [[0, 'id'], '[0].id'],
])('%j is told as %s', (steps, text) => {
  expect(pathText(steps)).toBe(text)
})

describe('what is wrong', () => {
  it('is told a hundred times at most, and how many more there are', async () => {
    const errors = Array.from({ length: 5000 }, (_, i) => ({ path: `k${i}`, message: 'unknown' }))
    const body: unknown = await invalid(errors).json()
    expect(body).toMatchObject({
      detail: 'k0: unknown (and 4999 more)',
      errors: errors.slice(0, 100),
    })
  })

  const errorsOf = (schema: z.ZodType, value: unknown) =>
    fieldErrors(schema.safeParse(value).error?.issues ?? [])
  const Body = z.strictObject({ name: z.string(), retry: Retry.optional() })

  it('is told with a path for each unknown field', () => {
    expect(errorsOf(Body, { name: 'a', x: 1, y: 2 })).toEqual([
      { path: 'x', message: 'unknown field' },
      { path: 'y', message: 'unknown field' },
    ])
  })

  it('is told of the branch that was meant', () => {
    expect(errorsOf(Body, { name: 'a', retry: { schedule_s: ['5'] } })).toMatchObject([
      { path: 'retry.schedule_s[0]' },
    ])
    expect(errorsOf(Body, { name: 'a', retry: { schedule_s: [5, 0] } })).toMatchObject([
      { path: 'retry.schedule_s[1]' },
    ])
    expect(
      errorsOf(Body, { name: 'a', retry: { base_s: 1, factor: 2, max_s: 9, attempts: 99 } }),
    ).toMatchObject([{ path: 'retry.attempts' }])
  })

  it('is told as required where it is missing', () => {
    expect(errorsOf(Body, {})).toEqual([{ path: 'name', message: 'required: string' }])
  })
})

describe('a problem', () => {
  it('is RFC 9457', async () => {
    const answer = problem('not_found', 'There is no such event.')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toEqual({
      type: '/docs#problem-not_found',
      title: 'There is nothing here',
      status: 404,
      code: 'not_found',
      detail: 'There is no such event.',
    })
  })

  it('says the first error in its detail', async () => {
    const errors = [
      { path: 'config.url', message: 'required' },
      { path: 'x', message: 'unknown field' },
    ]
    expect(await invalid(errors).json()).toMatchObject({
      status: 422,
      detail: 'config.url: required (and 1 more)',
      errors,
    })
  })

  it('about a limit says when to come again', () => {
    const { status, headers } = rateLimited(1200, 100)
    expect([
      status,
      headers.get('retry-after'),
      headers.get('ratelimit'),
      headers.get('ratelimit-policy'),
    ]).toEqual([429, '2', '"ingest";r=0;t=2', '"ingest";q=100;w=1'])
  })
})
