import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { eventually } from '../support/eventually.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { list, read } from './scene.ts'
import { aReceiver, act, closeReceivers } from './story.ts'

let router: Router
let tenant: RouterTenant

beforeAll(async () => {
  router = await startRouter()
  tenant = await router.tenant()
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const face = '/api/integrations'

const jsonOf = (body: Buffer) => JSON.parse(body.toString())

describe('webhooks', () => {
  it('are made, told, tried, changed, rotated and deleted, and are ordinary destinations', async () => {
    const receiver = await aReceiver()
    const made = await tenant.make(`${face}/webhooks`, {
      url: `${receiver.url}/hook`,
      events: ['video.*'],
      filter: { data: { video: { duration_s: { $gte: 10 } } } },
    })
    expect(made).toMatchObject({ id: expect.stringMatching(/^dst_/), events: ['video.*'] })
    expect(made.secret).toMatch(/^whsec_/)
    expect((await read(tenant, `destinations/${made.id}`)).config.url).toBe(`${receiver.url}/hook`)
    expect((await read(tenant, `connections/${made.connection_id}`)).destination_id).toBe(made.id)

    const data = { video: { id: 'v1', duration_s: 12 } }
    await tenant.make('/api/v1/events', { type: 'video.generated', data })
    await tenant.make('/api/v1/events', {
      type: 'video.generated',
      data: { video: { id: 'v2', duration_s: 1 } },
    })
    await tenant.make('/api/v1/events', { type: 'user.registered', data })
    await receiver.until((all) => all.length === 1)
    const [{ body, headers } = { body: Buffer.alloc(0), headers: {} }] = receiver.received
    expect(new Webhook(made.secret).verify(body.toString(), headers)).toEqual(data)

    const tried = await tenant.make(`${face}/webhooks/${made.id}/test`, {
      event_type: 'video.completed',
    })
    expect(tried.outcome).toBe('delivered')
    expect(jsonOf(receiver.received[1]!.body).video.title).toBe('Welcome, Ada')

    const rotated = await tenant.make(`${face}/webhooks/${made.id}/rotate-secret`, {})
    expect(rotated.signing_secret).not.toBe(made.secret)

    const deliveries = await eventually(async () => {
      const { json } = await tenant.api(`${face}/webhooks/${made.id}/deliveries`)
      return json.data[0]?.state === 'delivered' && json.data
    })
    expect(deliveries).toHaveLength(1)

    const changed = await tenant.api(`${face}/webhooks/${made.id}`, {
      method: 'PATCH',
      body: { events: ['user.*'], filter: null },
    })
    expect(changed.json).toMatchObject({ events: ['user.*'], filter: null, url: made.url })
    expect(changed.json.secret).toBe('••••')
    await tenant.make('/api/v1/events', { type: 'user.updated', data: { user: { id: 'u' } } })
    await receiver.until((all) => all.length === 3)

    const { json: list } = await tenant.api(`${face}/webhooks`)
    expect(list.data.map(({ id }: { id: string }) => id)).toContain(made.id)
    const removed = await tenant.api(`${face}/webhooks/${made.id}`, { method: 'DELETE' })
    expect(removed.status).toBe(204)
    expect((await tenant.api(`/api/v1/destinations/${made.id}`)).status).toBe(404)
    expect((await tenant.api(`${face}/webhooks/${made.id}`)).status).toBe(404)
  })

  it('take the caller’s own secret, and say what is wrong at the caller’s own paths', async () => {
    const secret = `whsec_${Buffer.alloc(24, 5).toString('base64')}`
    const url = 'http://127.0.0.1:8099/'
    const made = await tenant.make(`${face}/webhooks`, { url, events: ['no.such'], secret })
    expect(made.secret).toBe(secret)
    const wrong = async (body: unknown) => {
      const [status, json] = await act(tenant, `${face}/webhooks`, body)
      return [status, json.errors?.map(({ path }: { path: string }) => path)]
    }
    expect(await wrong({ url: 'https://10.0.0.1/', events: ['a'] })).toEqual([422, ['url']])
    expect(await wrong({ url: 'nothing', events: ['a'] })).toEqual([422, ['url']])
    expect(await wrong({ url, events: ['a'], filter: { data: { $no: 1 } } })).toEqual([
      422,
      [expect.stringMatching(/^filter\./)],
    ])
    expect(await wrong({ url, events: [], secret: 'short' })).toEqual([422, ['events', 'secret']])
  })

  it('are listed in pages, newest first or oldest first', async () => {
    const fresh = await router.tenant()
    const ids: string[] = []
    for (const event of ['a', 'b', 'c']) {
      const url = 'http://127.0.0.1:8099/'
      ids.push((await fresh.make(`${face}/webhooks`, { url, events: [event] })).id)
    }
    const walk = async (order: string) => {
      const found: string[] = []
      for (let cursor = ''; ;) {
        const { json } = await fresh.api(`${face}/webhooks?limit=2&order=${order}${cursor}`)
        found.push(...json.data.map(({ id }: { id: string }) => id))
        if (json.next_cursor === null) return found
        cursor = `&cursor=${json.next_cursor}`
      }
    }
    const sorted = [...ids].sort()
    expect(await walk('asc')).toEqual(sorted)
    expect(await walk('desc')).toEqual(sorted.reverse())
    expect((await fresh.api(`${face}/webhooks?limit=0`)).status).toBe(422)
  })

  it('are webhooks: another type’s secret URL is not shown by a name given by hand', async () => {
    const fresh = await router.tenant()
    const url = 'https://127.0.0.1/workflows/a-secret-of-some-length'
    const { id } = await fresh.make('/api/v1/destinations', {
      name: 'Teams',
      type: 'teams',
      config: { url },
    })
    for (const name of ['integrations/webhooks', 'integrations/slack', 'integrations/teams']) {
      await fresh.make('/api/v1/connections', { name, destination_id: id })
    }
    expect((await fresh.api(`${face}/webhooks`)).json.data).toEqual([])
    expect((await fresh.api(`${face}/webhooks/${id}`)).status).toBe(404)
    expect((await act(fresh, `${face}/messaging/slack/send`, { text: 'x' }))[0]).toBe(404)
    expect((await act(fresh, `${face}/messaging/teams/send`, { text: 'x' }))[0]).toBe(202)
  })

  it('come with a catalogue of samples and schemas', async () => {
    const { json } = await tenant.api(`${face}/webhooks/events`)
    const types = json.data.map(({ type }: { type: string }) => type)
    expect(types).toContain('video.generated')
    expect(json.data[0].data_schema.properties.video.type).toBe('object')
    expect(json.data[0].sample.video.id).toBeTypeOf('string')
  })
})

describe('messaging', () => {
  const messengers = [
    ['slack', '/services/T000/B000/XXXXXXXXXXXXXXXXXXXX'],
    ['teams', '/workflows/1'],
    ['discord', '/api/webhooks/1/XXXXXXXXXXXXXXXXXXXX'],
  ]

  it.each(messengers)('sends a text and an event to %s alone', async (name, path) => {
    const receiver = await aReceiver({ status: 200, body: 'ok' })
    const other = await aReceiver()
    await tenant.make(`${face}/webhooks`, { url: other.url, events: ['message', 'alert.raised'] })
    const configured = await tenant.make(`${face}/messaging/${name}/configure`, {
      webhook_url: receiver.url + path,
      base_url: receiver.url,
      events: ['video.failed'],
    })
    expect(JSON.stringify(configured)).not.toContain('XXXXXXXXXXXXXXXXXXXX')
    const sent = await tenant.make(`${face}/messaging/${name}/send`, {
      text: 'The render farm is back.\nAll of it.',
    })
    await receiver.until((all) => all.length === 1)
    expect(receiver.received[0]!.body.toString()).toContain('The render farm is back.')
    expect(receiver.received[0]!.body.toString()).toContain('All of it.')
    const event = { type: 'alert.raised', data: { message: 'Too hot' } }
    await tenant.make(`${face}/messaging/${name}/send`, { event })
    await receiver.until((all) => all.length === 2)
    expect(receiver.received[1]!.body.toString()).toContain('Too hot')
    expect(other.received).toEqual([])
    expect((await read(tenant, `events/${sent.id}`)).verdicts).toHaveLength(1)

    const again = await act(tenant, `${face}/messaging/${name}/configure`, {
      webhook_url: receiver.url + path,
      base_url: receiver.url,
      events: ['video.failed', 'user.*'],
    })
    expect([again[0], again[1].id]).toEqual([200, configured.id])
    expect(again[1].events).toEqual(['video.failed', 'user.*'])
    const tried = await tenant.make(`${face}/messaging/${name}/test`, {})
    expect(tried.outcome).toBe('delivered')
    expect(receiver.received.at(-1)!.body.toString()).toContain('Welcome, Ada')
  })

  it('goes from a webhook to a bot, which forgets the webhook', async () => {
    const fresh = await router.tenant()
    const receiver = await aReceiver({ status: 200, body: '{"ok":true,"ts":"1.2"}' })
    const path = `${face}/messaging/slack`
    const hook = { webhook_url: `${receiver.url}/services/T0/B0/x`, base_url: receiver.url }
    const made = await fresh.make(`${path}/configure`, hook)
    const bot = { token: 'xoxb-secret-secret', channel: 'C024BE91L', base_url: receiver.url }
    const changed = await fresh.make(`${path}/configure`, bot)
    expect(changed).toMatchObject({ id: made.id, config: { channel: 'C024BE91L' } })
    expect(changed.config.webhook_url).toBeUndefined()
    await fresh.make(`${path}/send`, { text: 'Hello', title: 'From the bot' })
    await receiver.until((all) => all.length === 1)
    const { path: called, headers, body } = receiver.received[0]!
    expect([called, headers['authorization']]).toEqual([
      '/api/chat.postMessage',
      'Bearer xoxb-secret-secret',
    ])
    expect(jsonOf(body).channel).toBe('C024BE91L')
  })

  it('says what is wrong by the face’s own names', async () => {
    const fresh = await router.tenant()
    const pathsOf = async (path: string, body: unknown) => {
      const [status, { errors }] = await act(fresh, face + path, body)
      return [status, errors.map((one: { path: string }) => one.path)]
    }
    const webhook_url = 'https://10.0.0.1/workflows/1'
    expect(await pathsOf('/messaging/teams/configure', { webhook_url })).toEqual([
      422,
      ['webhook_url'],
    ])
    const hook = { target_url: 'https://localhost/', event: '*' }
    expect(await pathsOf('/zapier/hooks', hook)).toEqual([422, ['target_url']])
    expect(await pathsOf('/zapier/hooks', { event: '*' })).toEqual([422, ['hookUrl']])
  })

  it('says where what is missing belongs', async () => {
    const fresh = await router.tenant()
    const path = `${face}/messaging/slack`
    expect((await act(fresh, `${path}/send`, { text: 'x' }))[0]).toBe(404)
    expect((await act(fresh, `${path}/test`))[0]).toBe(404)
    const [status, json] = await act(fresh, `${path}/configure`, { no_such: 1 })
    expect(status).toBe(422)
    expect(json.errors.map((one: { path: string }) => one.path)).toContain('no_such')
  })
})

describe('CRM', () => {
  it('syncs records as a job, each once, to the CRM alone', async () => {
    const receiver = await aReceiver(({ body }) => {
      const { inputs } = jsonOf(body)
      const results = inputs.map(({ id }: { id: string }) => ({ id, properties: {} }))
      return { status: 200, body: JSON.stringify({ status: 'COMPLETE', results }) }
    })
    const made = await tenant.make(`${face}/crm/hubspot/configure`, {
      auth: { type: 'private_app', token: 'pat-eu1-secret-secret-secret' },
      base_url: receiver.url,
      events: ['no.such'],
    })
    await tenant.api(`/api/v1/destinations/${made.id}`, {
      method: 'PATCH',
      body: { rate_limit: null },
    })
    const records = Array.from({ length: 130 }, (_, i) => ({ email: `a${i}@example.com` }))
    const sync = await tenant.make(`${face}/crm/hubspot/sync`, { object: 'contact', records })
    expect(sync).toMatchObject({ total: 130, refused: 0 })
    const job = await eventually(async () => {
      const found = await read(tenant, `jobs/${sync.job_id}`)
      return found.state === 'done' && found
    }, 30_000)
    expect(job).toMatchObject({ total: 130, done: 130, failed: 0 })
    expect(receiver.received).toHaveLength(130)
    const emails = receiver.received.map(({ body }) => jsonOf(body).inputs[0].id)
    expect(new Set(emails).size).toBe(130)
    const status = await tenant.api(`${face}/crm/hubspot/status?job_id=${sync.job_id}`)
    expect(status.json).toMatchObject({ configured: true, status: { health: 'healthy' } })
    expect(status.json.job.done).toBe(130)
    expect((await tenant.api('/api/v1/jobs/job_0123456789abcdef')).status).toBe(404)
    const forged = `${sync.job_id.slice(0, -2)}zz`
    await tenant.make('/api/v1/events', { type: 'x', id: `${forged}.many.0`, data: 1 })
    expect((await tenant.api(`/api/v1/jobs/${forged}`)).status).toBe(404)
  }, 60_000)
})

it('syncs nothing under a name that is Switchyard’s own', async () => {
  const fresh = await router.tenant()
  await fresh.make(`${face}/crm/hubspot/configure`, {
    auth: { type: 'private_app', token: 'pat-eu1-secret-secret-secret' },
    base_url: 'http://127.0.0.1:8099',
    events: ['no.such'],
  })
  const forged = { object: 'switchyard', records: [{ a: 1 }] }
  expect(await act(fresh, `${face}/crm/hubspot/sync`, forged)).toMatchObject([
    422,
    { errors: [{ path: 'object' }] },
  ])
  expect(await list(fresh, 'events')).toEqual([])
})

it('is configured once, also where many configure it at the same time', async () => {
  const fresh = await router.tenant()
  const configure = () =>
    act(fresh, `${face}/analytics/google-analytics/configure`, {
      measurement_id: 'G-ABCDE12345',
      api_secret: 'secret-secret',
    })
  const answers = await Promise.all(Array.from({ length: 40 }, configure))
  const made = answers.filter(([status]) => status === 201)
  expect(made).toHaveLength(1)
  // Those that met too many others may try again.
  const others = answers.filter(([status]) => status !== 201 && status !== 503)
  for (const [status, { id }] of others) expect([status, id]).toEqual([200, made[0]?.[1].id])
  expect(await list(fresh, 'destinations')).toHaveLength(1)
})

describe('a sync within an ingest limit', () => {
  it('waits for its turn, and loses no record', async () => {
    const slow = await router.tenant({ limits: { ingest_per_s: 60 } })
    await slow.make(`${face}/crm/hubspot/configure`, {
      auth: { type: 'private_app', token: 'pat-eu1-secret-secret-secret' },
      base_url: (await aReceiver({ status: 200, body: '{"results":[{"id":"1"}]}' })).url,
      events: ['no.such'],
    })
    const records = Array.from({ length: 150 }, (_, i) => ({ email: `b${i}@example.com` }))
    const sync = await slow.make(`${face}/crm/hubspot/sync`, { object: 'lead', records })
    expect(sync.refused).toBe(0)
    const events = await list(slow, 'events')
    expect(events).toHaveLength(150)
  }, 60_000)
})

describe('consent', () => {
  it('is asked for as the destination asks for it', async () => {
    const fresh = await router.tenant()
    const path = `${face}/crm/hubspot`
    expect((await act(fresh, `${path}/oauth/authorize`))[0]).toBe(404)
    await fresh.make(`${path}/configure`, {
      auth: { type: 'oauth', client_id: 'client-1', client_secret: 'secret-secret-secret' },
      events: ['user.*'],
    })
    const [status, { url }] = await act(fresh, `${path}/oauth/authorize`)
    expect(status).toBe(200)
    expect(new URL(url).searchParams.get('client_id')).toBe('client-1')
    expect(url).not.toContain('secret-secret')
  })
})

describe('CMS', () => {
  it('publishes content to WordPress, as a post of its own title', async () => {
    const receiver = await aReceiver({ status: 201, body: '{"id":7,"slug":"x"}' })
    await tenant.make(`${face}/cms/wordpress/configure`, {
      base_url: receiver.url,
      username: 'switchyard',
      application_password: 'abcd efgh ijkl mnop',
      events: ['no.such'],
    })
    const content = {
      title: 'Welcome, Ada',
      text: 'A personal welcome.',
      embed_url: 'https://vimeo.com/76979871',
    }
    await tenant.make(`${face}/cms/wordpress/publish`, { content })
    await receiver.until((all) => all.length === 1)
    const post = jsonOf(receiver.received[0]!.body)
    expect(post.title).toBe('Welcome, Ada')
    expect(post.content).toContain('A personal welcome.')
    expect(post.content).toContain('https://vimeo.com/76979871')
  })

  it('tells how WordPress embeds a video, and embeds nothing that is not of the web', async () => {
    const path = `${face}/cms/wordpress/embed`
    const url = encodeURIComponent('https://vimeo.com/76979871')
    const { json } = await tenant.api(`${path}?url=${url}&title=%22%3E%3Cscript%3E`)
    expect(json.html).toContain('<iframe src="https://vimeo.com/76979871"')
    expect(json.html).not.toContain('<script>')
    expect(json.shortcode).toBe(
      '[embed width="640" height="360"]https://vimeo.com/76979871[/embed]',
    )
    expect(json.block).toMatch(/^<!-- wp:embed /)
    const { id } = await tenant.make('/api/v1/events', {
      type: 'video.generated',
      data: { video: { id: 'v', url: 'javascript:alert(1)' } },
    })
    expect((await tenant.api(`${path}?event_id=${id}`)).status).toBe(422)
  })
})

describe('analytics', () => {
  it('counts what a page and the server tell of as one, by the event’s id', async () => {
    const receiver = await aReceiver({ status: 200, body: '{"events_received":1}' })
    await tenant.make(`${face}/analytics/meta-conversions/configure`, {
      pixel_id: '1234567890',
      access_token: 'EAABsecretsecretsecret',
      base_url: receiver.url,
      events: ['page.bought'],
    })
    await tenant.make(`${face}/analytics/meta-conversions/track`, {
      type: 'user.registered',
      id: 'registration-1',
      data: { user: { id: 'u', email: 'Ada@Example.com' } },
    })
    await receiver.until((all) => all.length === 1)
    const [event] = jsonOf(receiver.received[0]!.body).data
    expect(event).toMatchObject({
      event_id: 'registration-1',
      event_name: 'CompleteRegistration',
      user_data: { em: [createHash('sha256').update('ada@example.com').digest('hex')] },
    })

    const { key } = await tenant.make('/api/v1/api-keys', { name: 'page', role: 'publisher' })
    const answer = await fetch(`${router.url}${face}/analytics/collect?key=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', origin: 'https://shop.example.com' },
      body: JSON.stringify({
        events: [
          {
            type: 'page.bought',
            id: 'e-1',
            data: {
              event_id: 'e-1',
              context: { url: 'https://shop.example.com/', user_agent: 'UA', fbp: 'fb.1.2.3' },
            },
          },
        ],
      }),
    })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    await receiver.until((all) => all.length === 2)
    expect(jsonOf(receiver.received[1]!.body).data[0]).toMatchObject({
      event_id: 'e-1',
      event_source_url: 'https://shop.example.com/',
      user_data: { client_user_agent: 'UA', fbp: 'fb.1.2.3' },
    })
  })

  it.each([
    ['messaging/slack/send', { text: 'Hello' }],
    ['cms/wordpress/publish', { content: { title: 'Hello' } }],
  ])('lets no page’s key speak for the tenant: %s', async (path, body) => {
    const { key } = await tenant.make('/api/v1/api-keys', { name: 'page', role: 'publisher' })
    const answer = await router.api(`${face}/${path}`, { method: 'POST', key, body })
    expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
  })

  it('gives the snippet and takes events with a publisher’s key only', async () => {
    const { key } = await tenant.make('/api/v1/api-keys', { name: 'page', role: 'publisher' })
    const get = (given: string) =>
      fetch(`${router.url}${face}/analytics/snippet.js?key=${encodeURIComponent(given)}`)
    const snippet = await get(key)
    const text = await snippet.text()
    expect(snippet.headers.get('content-type')).toMatch(/^text\/javascript/)
    expect(Buffer.byteLength(text)).toBeLessThan(3000)
    expect(text).toContain(`/analytics/collect?key=${key}`)
    expect((await get(tenant.key)).status).toBe(403)
    expect((await get('");alert(1)//')).status).toBe(401)
    const preflight = await fetch(`${router.url}${face}/analytics/collect?key=${key}`, {
      method: 'OPTIONS',
    })
    expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
    expect(
      (await fetch(`${router.url}/api/v1/events`, { method: 'OPTIONS' })).headers,
    ).not.toContain('access-control-allow-origin')
  })
})

describe('destination types', () => {
  it('come with their mapping fields and the events that need none', async () => {
    const { json } = await tenant.api('/api/v1/destination-types')
    const slack = json.data.find(({ type }: { type: string }) => type === 'slack')
    expect(slack.mapping_fields).toContainEqual({ name: 'title', is: expect.any(String) })
    expect(slack.events[0]).toMatchObject({ type: 'video.generated', sample: { video: {} } })
  })

  it('are previewed without sending, as they would be sent', async () => {
    const receiver = await aReceiver()
    const config = {
      webhook_url: 'https://hooks.slack.com/services/T0/B0/a-secret-of-some-length',
      base_url: receiver.url,
      mapping: { title: 'data.video.title & "!"' },
    }
    const preview = (body: unknown) => act(tenant, '/api/v1/destinations/preview', body)
    const event = { type: 'video.completed', data: { video: { id: 'v', title: 'Ready' } } }
    const [status, json] = await preview({ type: 'slack', config, event })
    expect(status).toBe(200)
    expect(JSON.stringify(json)).not.toContain('a-secret-of-some-length')
    const made = await tenant.make('/api/v1/destinations', { name: 'Slack', type: 'slack', config })
    const { id } = await tenant.make('/api/v1/connections', {
      destination_id: made.id,
      event_types: ['video.completed'],
    })
    await tenant.make('/api/v1/events', event)
    await receiver.until((all) => all.length === 1)
    const plain = (text: string) => text.replaceAll(/evt_\w+|\d{4}-\d\d-\d\dT[\d:.]+Z|\d{10}/g, '…')
    expect(plain(json.requests[0].body)).toBe(plain(receiver.received[0]!.body.toString()))
    await tenant.api(`/api/v1/connections/${id}`, { method: 'DELETE' })

    const url = 'https://EXAMPLE.com:443/Hook?a=B'
    const loud = await preview({ type: 'webhook', config: { url } })
    expect(loud[1].requests[0].url).toBe('https://example.com/Hook?a=B')

    const wrong = await preview({ type: 'slack', config: { ...config, mapping: { title: '(' } } })
    expect([wrong[0], wrong[1].errors[0].path]).toEqual([422, 'config.mapping.title'])
    const unknown = await preview({ type: 'slack', config: { ...config, no_such: 1 } })
    expect(unknown[1].errors[0].path).toBe('config.no_such')
    const masked = await preview({ type: 'email', config: { provider: 'resend', api_key: '••••' } })
    expect(masked[0]).toBe(422)
  })
})

describe('the status', () => {
  it('tells of every destination how it is doing', async () => {
    const fresh = await router.tenant()
    const good = await aReceiver()
    const bad = await aReceiver(500)
    const make = (url: string) => fresh.make(`${face}/webhooks`, { url, events: ['*'] })
    const [one, two] = [await make(good.url), await make(bad.url)]
    const plain = await fresh.make('/api/v1/destinations', {
      name: 'Sink',
      type: 'sink',
      config: {},
    })
    await fresh.make('/api/v1/events', { type: 'video.generated', data: {} })
    await bad.until((all) => all.length === 1)
    const byId = await eventually(async () => {
      const { json } = await fresh.api(`${face}/status`)
      const found = new Map<string, Record<string, unknown>>(
        json.data.map((it: { id: string }) => [it.id, it]),
      )
      return found.get(one.id)!['last_success'] !== null &&
        found.get(two.id)!['last_error'] !== null
        ? found
        : null
    })
    expect(byId.get(one.id)).toMatchObject({
      integration: 'webhooks',
      health: 'healthy',
      last_error: null,
      counts_24h: { total: 1, delivered: 1, complete: true },
    })
    expect(byId.get(two.id)).toMatchObject({
      health: 'failing',
      last_error: { status: 500 },
      counts_24h: { total: 1, delivered: 0, pending: 1 },
    })
    expect(byId.get(plain.id)).toMatchObject({ integration: 'sink', health: 'idle' })
  })
})
