import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { read } from './scene.ts'
import { aReceiver, closeReceivers, deliveryOnce, post } from './story.ts'

// Zapier's own framework, as a Zap runs in it. It is CommonJS.
const require = createRequire(import.meta.url)
const zapier = require('zapier-platform-core')
const platformVersion: string = zapier.version

// What a Zap's own code is given is the framework's.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

let router: Router
let tenant: RouterTenant
let app: Loose
let run: (part: Loose, bundle: Loose) => Promise<Loose>

/** An integration as its author would write it at Zapier. */
const integration = (url: string) => ({
  version: '1.0.0',
  platformVersion,
  authentication: {
    type: 'custom',
    fields: [{ key: 'api_key', required: true }],
    test: { url: `${url}/api/integrations/zapier/me` },
    connectionLabel: '{{label}}',
  },
  beforeRequest: [
    (request: Loose, _z: Loose, bundle: Loose) => ({
      ...request,
      headers: { ...request.headers, Authorization: `Bearer ${bundle.authData.api_key}` },
    }),
  ],
  triggers: {
    event: {
      key: 'event',
      noun: 'Event',
      display: { label: 'New event', description: 'Triggers on an event.' },
      operation: {
        type: 'hook',
        performSubscribe: async (z: Loose, bundle: Loose) => {
          const { data } = await z.request({
            method: 'POST',
            url: `${url}/api/integrations/zapier/hooks`,
            body: { hookUrl: bundle.targetUrl, event: bundle.inputData.event },
          })
          return data
        },
        performUnsubscribe: async (z: Loose, bundle: Loose) => {
          const { data } = await z.request({
            method: 'DELETE',
            url: `${url}/api/integrations/zapier/hooks/${bundle.subscribeData.id}`,
          })
          return data
        },
        perform: (_z: Loose, bundle: Loose) => [bundle.cleanedRequest],
        performList: async (z: Loose, bundle: Loose) => {
          const { event } = bundle.inputData
          const { data } = await z.request(`${url}/api/integrations/zapier/samples/${event}`)
          return data
        },
        sample: { id: 'evt_sample' },
      },
    },
  },
  creates: {
    post: {
      key: 'post',
      noun: 'Event',
      display: { label: 'Post event', description: 'Posts an event.' },
      operation: {
        perform: async (z: Loose, bundle: Loose) => {
          const { data } = await z.request({
            method: 'POST',
            url: `${url}/api/integrations/zapier/actions/${bundle.inputData.event}`,
            body: bundle.inputData.data,
          })
          return data
        },
        sample: { id: 'evt_sample' },
      },
    },
  },
})

beforeAll(async () => {
  router = await startRouter()
  tenant = await router.tenant({ name: 'Acme' })
  app = integration(router.url)
  run = zapier.createAppTester(app)
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const as = (rest: Loose = {}) => ({ authData: { api_key: tenant.key }, ...rest })

it('is connected with a key, and refused with none', async () => {
  expect(await run(app.authentication.test, as())).toMatchObject({ label: 'Switchyard: Acme' })
  const wrong = run(app.authentication.test, { authData: { api_key: 'none' } })
  await expect(wrong).rejects.toThrow()
})

it('shows samples: the catalogue’s at first, then real events, newest first', async () => {
  const { operation } = app.triggers.event
  const [sample, ...others] = await run(
    operation.performList,
    as({ inputData: { event: 'video.generated' } }),
  )
  expect(others).toEqual([])
  expect(sample).toMatchObject({ type: 'video.generated', video: { title: 'Welcome, Ada' } })
  const ids: string[] = []
  for (const n of [1, 2, 3]) {
    ids.push(await post(tenant, { type: 'video.generated', data: { n, id: `own-${n}` } }))
  }
  const real = await run(operation.performList, as({ inputData: { event: 'video.generated' } }))
  expect(real.map(({ id }: Loose) => id)).toEqual(ids.reverse())
  expect(real[0]).toMatchObject({ n: 3, data_id: 'own-3' })
})

it('shows fewer samples where they are large, and none that nests without an end', async () => {
  const body = (size: number) => JSON.stringify({ text: 'x'.repeat(size) })
  const samples = async (type: string) =>
    (await tenant.api(`/api/integrations/zapier/samples/${type}?limit=25`)).json
  const act = (type: string, data: string) =>
    tenant.api(`/api/integrations/zapier/actions/${type}`, {
      method: 'POST',
      body: new TextEncoder().encode(data),
    })
  for (let i = 0; i < 4; i++) await act('large.sample', body(900_000))
  expect(await samples('large.sample')).toHaveLength(2)
  await act('huge.sample', body(3_000_000))
  expect(await samples('huge.sample')).toHaveLength(1)
  await act('deep.sample', '{"a":1}')
  await act('deep.sample', '['.repeat(200_000) + ']'.repeat(200_000))
  expect(await samples('deep.sample')).toMatchObject([{ a: 1 }])
})

it('is subscribed, told, ended by its 410, and unsubscribed', async () => {
  const hooks = await aReceiver({ status: 200, body: '{"status":"success"}' }, 410)
  const { operation } = app.triggers.event
  const targetUrl = `${hooks.url}/hooks/standard/1/abc/`
  const inputData = { event: 'user.registered' }
  const subscribeData = await run(operation.performSubscribe, as({ targetUrl, inputData }))
  expect(subscribeData.id).toMatch(/^dst_/)

  const first = await post(tenant, { type: 'user.registered', data: { user: { id: 'u1' } } })
  await post(tenant, { type: 'user.updated', data: { user: { id: 'u1' } } })
  await hooks.until((all) => all.length === 1)
  const cleanedRequest = JSON.parse(hooks.received[0]!.body.toString())
  const [seen] = await run(operation.perform, as({ cleanedRequest }))
  const [listed] = await run(operation.performList, as({ inputData }))
  expect(seen).toEqual(listed)
  expect(seen).toMatchObject({ id: first, user: { id: 'u1' } })
  expect(hooks.received[0]!.path).toBe('/hooks/standard/1/abc/')

  const second = await post(tenant, { type: 'user.registered', data: { user: { id: 'u2' } } })
  await deliveryOnce(tenant, second, 'dead')
  const hook = await eventually(async () => {
    const { json } = await tenant.api('/api/integrations/zapier/hooks')
    const found = json.data.find(({ id }: Loose) => id === subscribeData.id)
    return found.enabled === false && found
  })
  expect(hook.disabled_reason).not.toBeNull()
  await post(tenant, { type: 'user.registered', data: { user: { id: 'u3' } } })

  const gone = await run(operation.performUnsubscribe, as({ subscribeData }))
  expect(gone).toEqual({ id: subscribeData.id })
  expect((await tenant.api(`/api/v1/destinations/${subscribeData.id}`)).status).toBe(404)
  expect(hooks.received).toHaveLength(2)
})

it('posts events', async () => {
  const data = { user: { id: 'u9', email: 'ada@example.com' } }
  const inputData = { event: 'user.registered', data }
  const posted = await run(app.creates.post.operation.perform, as({ inputData }))
  expect(await read(tenant, `events/${posted.id}`)).toMatchObject({
    type: 'user.registered',
    source: 'zapier',
  })
  const { json } = await tenant.api(`/api/v1/events/${posted.id}/payload`)
  expect(json).toEqual(data)
  const forged = { ...inputData, event: 'switchyard.delivery.dead' }
  const refused = run(app.creates.post.operation.perform, as({ inputData: forged }))
  await expect(refused).rejects.toThrow(/422/)
})

it('takes the catalogue for its choices', async () => {
  const { json } = await tenant.api('/api/integrations/zapier/triggers')
  expect(json.map(({ key }: Loose) => key)).toContain('session.completed')
})
