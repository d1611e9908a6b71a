import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { openApi } from '../../src/http/openapi.ts'
import { routes } from '../../src/http/routes.ts'
import { version } from '../../src/http/version.ts'
import type { Line } from '../../src/log.ts'

// A description is read freely: the assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

/** Routes that are answered before anything of the outside is asked for. */
const app = createApp(
  () => {
    throw new Error('secret detail')
  },
  (line) => lines.push(line),
)
const lines: Line[] = []
const ctx = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
  props: {},
}
const ask = (path: string, init?: RequestInit): Promise<Response> =>
  Promise.resolve(app.request(path, init, {} as Env, ctx as unknown as ExecutionContext))

describe('a request that no route takes', () => {
  it.each([
    ['/', 'GET'],
    ['/api/v1', 'GET'],
    ['/api/v1/sources/src_1/extra', 'GET'],
    ['/in', 'POST'],
    ['/api/v2/sources', 'POST'],
  ])('is a 404 in problem+json: %s', async (path, method) => {
    const answer = await ask(path, { method })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'not_found', status: 404 })
  })

  it.each([
    ['/api/v1/sources', 'PUT', 'POST, GET, HEAD, OPTIONS'],
    ['/api/v1/events/batch', 'GET', 'POST, OPTIONS'],
    ['/api/v1/events/evt_1', 'DELETE', 'GET, HEAD, OPTIONS'],
    ['/api/v1/destinations/dst_1', 'POST', 'GET, PATCH, DELETE, HEAD, OPTIONS'],
    ['/api/v1/connections/dry-run', 'GET', 'POST, OPTIONS'],
    ['/health', 'POST', 'GET, HEAD, OPTIONS'],
  ])('is a 405 with Allow, where another method is: %s', async (path, method, allow) => {
    const answer = await ask(path, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' })
  })

  it('is told the methods by OPTIONS', async () => {
    const answer = await ask('/api/v1/tenants/ten_1', { method: 'OPTIONS' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([
      204,
      'GET, PATCH, DELETE, HEAD, OPTIONS',
    ])
  })
})

it('tells nothing of an error of its own', async () => {
  const answer = await ask('/health')
  const body = await answer.text()
  expect(answer.status).toBe(500)
  expect(JSON.parse(body)).toMatchObject({ code: 'internal_error' })
  expect(body).not.toContain('secret detail')
  expect(lines).toMatchObject([{ at: 'step.crashed', error: 'Error: secret detail' }])
})

it('says of a ledger that is overloaded that it may be asked again', async () => {
  const busy = createApp(
    () => {
      throw Object.assign(new Error('Durable Object is overloaded'), { overloaded: true })
    },
    () => undefined,
  )
  const answer = await busy.request('/health', {}, {}, ctx as unknown as ExecutionContext)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
})

it('has the version of its package', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  expect(JSON.parse(manifest).version).toBe(version)
})

describe('the description', () => {
  const document: Loose = openApi(routes)
  const operations: { path: string; method: string; it: Loose }[] = Object.entries<Loose>(
    document.paths,
  ).flatMap(([path, methods]) =>
    Object.entries<Loose>(methods).map(([method, it]) => ({ path, method, it })),
  )

  it('has every route', () => {
    for (const { path, method } of routes) {
      const here = document.paths[path]
      expect(here[method === 'ANY' ? 'post' : method.toLowerCase()], path).toBeDefined()
    }
  })

  it('names each operation once', () => {
    const names = operations.map(({ it }) => it.operationId)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]))(
    'says who may call, what comes back and what may go wrong: %s',
    (_name, { it, path }) => {
      expect(it['x-switchyard-access']).toMatch(
        /^(public|instance|owner|operator|viewer|publisher)$/,
      )
      expect(it.security).toEqual(it['x-switchyard-access'] === 'public' ? [] : [{ key: [] }])
      const statuses = Object.keys(it.responses)
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true)
      if (it.security.length > 0) expect(statuses).toEqual(expect.arrayContaining(['401', '403']))
      const named = it.parameters.filter((one: Loose) => one.in === 'path')
      expect(named.map((one: Loose) => `{${one.name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
    },
  )

  it('refers only to what it holds', () => {
    const refs = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? []
    for (const ref of new Set(refs)) {
      const steps = ref.slice('"$ref":"#/'.length, -1).split('/')
      expect(
        steps.reduce((at: Loose, step) => at?.[step], document),
        ref,
      ).toBeDefined()
    }
  })

  it('leaves no schema that cannot be written down', () => {
    const list = document.paths['/api/v1/deliveries'].get
    const limit = list.parameters.find((one: Loose) => one.name === 'limit')
    expect(limit.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 250 })
    const post = document.paths['/api/v1/events'].post.requestBody.content
    expect(Object.keys(post)).toEqual(['application/json', 'application/cloudevents+json'])
    expect(post['application/json'].schema.required).toEqual(['type', 'data'])
  })
})
