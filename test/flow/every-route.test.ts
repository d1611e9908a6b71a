import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'

interface Operation {
  method: string
  path: string
  access: string
}

let router: Router
let mine: RouterTenant
let theirs: RouterTenant
let operations: Operation[]
/** What `theirs` has, by the word that stands before `{id}` in a path. */
let ids: Record<string, string>
/** `mine`'s keys by role. */
let keys: Record<string, string>

/** The largest role that may not yet do it. */
const tooSmall: Record<string, string> = {
  instance: 'owner',
  owner: 'operator',
  operator: 'viewer',
  publisher: 'viewer',
  viewer: 'publisher',
}

const readOperations = async (): Promise<Operation[]> => {
  const { json } = await router.api('/openapi.json', { key: null })
  const paths: [string, Record<string, { 'x-switchyard-access': string }>][] = Object.entries(
    json.paths,
  )
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      access: operation['x-switchyard-access'],
    })),
  )
}

const guarded = (): Operation[] => operations.filter(({ access }) => access !== 'public')

const wordOf = (path: string): string => /\/([\w-]+)\/\{id\}/.exec(path)?.[1] ?? ''

const pathTo = (path: string): string => path.replace('{id}', ids[wordOf(path)] ?? 'none')

const named = ({ method, path }: Operation): string => `${method} ${path}`

const call = ({ method, path }: Operation, request: { key: string | null; tenant?: string }) =>
  router.api(pathTo(path), { method, ...(method === 'GET' ? {} : { body: {} }), ...request })

/** One of everything that has an id. */
async function makeAll(tenant: RouterTenant): Promise<Record<string, string>> {
  const source = await tenant.make('/api/v1/sources', {
    name: 'GitHub',
    provider: 'github',
    config: { secret: 'a-secret-of-theirs' },
  })
  const destination = await tenant.make('/api/v1/destinations', {
    name: 'Receiver',
    type: 'webhook',
    config: { url: 'http://127.0.0.1:8099/hook' },
    enabled: true,
  })
  await tenant.make(`/api/v1/destinations/${destination.id}/pause`, {})
  const connection = await tenant.make('/api/v1/connections', { destination_id: destination.id })
  const event = await tenant.make('/api/v1/events', { type: 'a.b', data: 1 })
  const { json: stored } = await tenant.api(`/api/v1/events/${event.id}`)
  await fetch(source.url, { method: 'POST', body: '{}' })
  const { json: rejections } = await tenant.api('/api/v1/rejections')
  const job = await tenant.make('/api/v1/dead-letters/replay', {})
  const key = await tenant.make('/api/v1/api-keys', { name: 'key', role: 'viewer' })
  const webhook = await tenant.make('/api/integrations/webhooks', {
    url: 'http://127.0.0.1:8099/hook',
    events: ['x.y'],
  })
  const hook = await tenant.make('/api/integrations/zapier/hooks', {
    hookUrl: 'http://127.0.0.1:8099/hook',
    event: 'x.y',
  })
  return {
    tenants: tenant.id,
    sources: source.id,
    destinations: destination.id,
    connections: connection.id,
    events: event.id,
    deliveries: stored.verdicts[0].delivery_id,
    rejections: rejections.data[0].id,
    jobs: job.job_id,
    'api-keys': key.id,
    webhooks: webhook.id,
    hooks: hook.id,
  }
}

beforeAll(async () => {
  router = await startRouter()
  mine = await router.tenant()
  theirs = await router.tenant()
  operations = await readOperations()
  ids = await makeAll(theirs)
  const roles = ['operator', 'publisher', 'viewer']
  const made = roles.map(async (role) => {
    const { key } = await mine.make('/api/v1/api-keys', { name: role, role })
    return [role, String(key)] as const
  })
  keys = { owner: mine.key, ...Object.fromEntries(await Promise.all(made)) }
}, 120_000)

afterAll(() => router.close())

describe('every guarded route of the description', () => {
  it('is there, and is many', () => {
    expect(guarded().length).toBeGreaterThan(40)
    const unknown = operations.filter(
      ({ path }) => path.includes('{id}') && ids[wordOf(path)] === undefined,
    )
    expect(unknown.map(named)).toEqual([])
  })

  it.each([
    ['no key', null],
    ['a key that is none', 'not-a-key'],
  ])('answers 401 to %s', async (_case, key) => {
    for (const operation of guarded()) {
      const { status, json, headers } = await call(operation, { key })
      const told = { status, code: json.code, scheme: headers.get('www-authenticate') }
      const expected = { status: 401, code: 'unauthorized', scheme: 'Bearer' }
      expect({ route: named(operation), ...told }).toEqual({ route: named(operation), ...expected })
    }
  })

  it('answers 401 to a key that was revoked a moment ago', async () => {
    const { id, key } = await mine.make('/api/v1/api-keys', { name: 'old', role: 'owner' })
    expect(
      (await router.api('/api/v1/events', { method: 'POST', key, body: { type: 'a', data: 1 } }))
        .status,
    ).toBe(202)
    await mine.api(`/api/v1/api-keys/${id}`, { method: 'DELETE' })
    const valid = { type: 'a', data: 1 }
    for (const operation of guarded()) {
      const body = operation.path.endsWith('/batch') ? { events: [valid] } : valid
      const { status } = await router.api(pathTo(operation.path), {
        method: operation.method,
        key,
        ...(operation.method === 'GET' ? {} : { body }),
      })
      expect(`${named(operation)} ${status}`).toBe(`${named(operation)} 401`)
    }
  })

  it('answers 403 to a role that is too small', async () => {
    for (const operation of guarded()) {
      const key = keys[tooSmall[operation.access] ?? ''] ?? null
      const { status, json } = await call(operation, { key })
      expect(`${named(operation)} ${status} ${json.code}`).toBe(`${named(operation)} 403 forbidden`)
    }
  })

  it('answers 404 to another tenant’s ids, whoever asks', async () => {
    const others = guarded().filter(
      ({ path, access }) => path.includes('{id}') && access !== 'instance',
    )
    expect(others.length).toBeGreaterThan(20)
    for (const operation of others) {
      const asOwner = await call(operation, { key: mine.key })
      expect(`${named(operation)} ${asOwner.status}`).toBe(`${named(operation)} 404`)
      if (operation.path.startsWith('/api/v1/tenants')) continue
      const asInstance = await call(operation, { key: router.adminKey, tenant: mine.id })
      expect(`${named(operation)} ${asInstance.status}`).toBe(`${named(operation)} 404`)
    }
    for (const [word, id] of Object.entries(ids)) {
      if (word === 'jobs' || word === 'api-keys' || word === 'hooks') continue
      const face = word === 'webhooks' ? 'integrations' : 'v1'
      const { status } = await theirs.api(`/api/${face}/${word}/${id}`)
      expect(`${word} ${status}`).toBe(`${word} 200`)
    }
  })

  it('answers the instance’s key only in a tenant that it names and that is there', async () => {
    const inTenant = guarded().filter(
      ({ path, access }) => access !== 'instance' && !path.startsWith('/api/v1/tenants'),
    )
    for (const operation of inTenant) {
      const nowhere = await call(operation, { key: router.adminKey })
      expect(`${named(operation)} ${nowhere.status} ${nowhere.json.code}`).toBe(
        `${named(operation)} 400 tenant_required`,
      )
      const unknown = await call(operation, { key: router.adminKey, tenant: 'ten_unknown' })
      expect(`${named(operation)} ${unknown.status}`).toBe(`${named(operation)} 404`)
      const foreign = await call(operation, { key: mine.key, tenant: theirs.id })
      expect(`${named(operation)} ${foreign.status}`).toBe(`${named(operation)} 404`)
    }
  })
})
