import { createHmac, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Received, Receiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { act, aReceiver, closeReceivers, connect, listAll, never, post, soon } from './story.ts'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

/** Everything that must not be found again, by what it is. */
const secrets = new Map<string, string>()

/** A secret that no other text is like. */
function secretOf(what: string): string {
  const secret = `never-shown-${randomBytes(12).toString('hex')}`
  secrets.set(what, secret)
  return secret
}

function keptSecret(what: string, secret: string): string {
  secrets.set(what, secret)
  return secret
}

/** What in base64 must be there of `bytes`, wherever in a longer text they begin. */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    // What the neighbours' bits are part of is left out.
    return text.slice(shift === 0 ? 0 : 4, -4)
  })
}

const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')

const known = new Map<string, Buffer[]>()

/** The ways in which `secret` could be written down. */
function spellings(secret: string): Buffer[] {
  const made = known.get(secret) ?? allSpellings(secret)
  known.set(secret, made)
  return made
}

function allSpellings(secret: string): Buffer[] {
  const plain = Buffer.from(secret)
  // A signing secret is the text, and the key that the text encodes.
  const [, encoded] = /^wh(?:sec|sk)_(.+)$/.exec(secret) ?? []
  const keys = encoded === undefined ? [plain] : [plain, Buffer.from(encoded, 'base64')]
  return [
    ...keys,
    Buffer.from(secret, 'utf16le'),
    ...keys.map((key) => Buffer.from(key.toString('hex'))),
    ...keys.flatMap(inBase64).map((text) => Buffer.from(text)),
    ...keys.flatMap(inBase64).map((text) => Buffer.from(urlSafe(text))),
  ]
}

const found = (haystack: Buffer, except: readonly string[] = []): string[] =>
  [...secrets]
    .filter(([what]) => !except.includes(what))
    .filter(([, secret]) => spellings(secret).some((spelling) => haystack.includes(spelling)))
    .map(([what]) => what)

let router: Router
let tenant: RouterTenant
/** What the API answered to everything but the making of what is shown once. */
const answers: { what: string; text: Buffer }[] = []
let jobId: string
let eventId: string

/** Sends back all that it was sent, as careless receivers do. */
const echo = ({ headers, body }: Received, status: number) => ({
  status,
  body: JSON.stringify({ headers, body: body.toString() }),
})

/** A token server at `/token` and a careless receiver elsewhere. */
const careless = (status: number, token: string) =>
  aReceiver((request) =>
    request.path === '/token'
      ? { status: 200, body: JSON.stringify({ access_token: token, token_type: 'bearer' }) }
      : echo(request, status),
  )

async function told(what: string, path: string, method: string, body?: unknown): Promise<Loose> {
  const { status, json } = await tenant.api(path, { method, body })
  if (status >= 300)
    throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`)
  answers.push({ what, text: Buffer.from(JSON.stringify(json)) })
  return json
}

/** As a client that does not trust its line: each write with a key, so that answers are kept to be repeated. */
async function makeOnce(path: string, body: unknown): Promise<Loose> {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const { status, json } = await tenant.api(path, { method: 'POST', body, headers })
  if (status !== 201) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(json)}`)
  return json
}

const sendTo = (url: string, headers: Record<string, string>, body = '{"type":"order.paid"}') =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

const basicOf = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function driveSources(): Promise<void> {
  const source = async (provider: string, config: object) => {
    const made = await makeOnce('/api/v1/sources', { name: provider, provider, config })
    answers.push({ what: `made ${provider}`, text: Buffer.from(JSON.stringify(made)) })
    return made
  }
  const current = secretOf('the current secret of a source')
  const old = secretOf('the old secret of a source')
  const config = { header: 'x-signature', algorithm: 'sha256', encoding: 'hex' }
  const hmac = await source('hmac', { ...config, secret: [current, old] })
  const body = '{"type":"order.paid"}'
  const signature = createHmac('sha256', old).update(body).digest('hex')
  expect((await sendTo(hmac.url, { 'x-signature': signature }, body)).status).toBe(202)
  expect((await sendTo(hmac.url, { 'x-signature': 'ff' })).status).toBe(401)
  await told('changed source', `/api/v1/sources/${hmac.id}`, 'PATCH', {
    config: { secret: secretOf('the changed secret of a source') },
  })

  for (const provider of ['github', 'stripe', 'slack', 'shopify'])
    await source(provider, { secret: secretOf(`the secret of a ${provider} source`) })
  const whsec = `whsec_${randomBytes(24).toString('base64')}`
  await source('standard-webhooks', {
    secret: keptSecret('the secret of a Standard Webhooks source', whsec),
  })

  const password = secretOf('the password of a basic source')
  const basic = await source('basic', { username: 'sender', password })
  expect((await sendTo(basic.url, { authorization: basicOf('sender', password) })).status).toBe(202)
  const mistaken = secretOf('a password that was sent by mistake')
  expect((await sendTo(basic.url, { authorization: basicOf('sender', mistaken) })).status).toBe(401)

  const key = secretOf('the key of an api-key source')
  const apiKey = await source('api-key', { key })
  expect((await sendTo(apiKey.url, { 'x-api-key': key })).status).toBe(202)
  expect((await sendTo(apiKey.url, { 'x-api-key': secretOf('a wrong key') })).status).toBe(401)
  const own = secretOf('the key of an api-key source in a header of its own')
  const custom = await source('api-key', { key: own, header: 'x-entrance', prefix: 'Pass ' })
  expect((await sendTo(custom.url, { 'x-entrance': `Pass ${own}` })).status).toBe(202)
  expect(
    (await sendTo(custom.url, { authorization: `Bearer ${secretOf('a stray bearer token')}` }))
      .status,
  ).toBe(401)
  // A source without proof may still be called by somebody who sends credentials.
  const open = await source('none', {})
  const stray = {
    cookie: `session=${secretOf('a cookie')}`,
    'x-gitlab-token': secretOf('a token of another provider'),
    'proxy-authorization': basicOf('proxy', secretOf('a proxy password')),
  }
  expect((await sendTo(open.url, stray)).status).toBe(202)
}

async function driveDestinations(): Promise<Receiver[]> {
  const token = secretOf('an access token')
  const receivers = [await careless(200, token), await careless(500, token)]
  const receiverOf = async (url: string, name: string, config: object) => {
    const type = 'webhook'
    const retry = url === receivers[1]!.url ? soon : never
    const made = await makeOnce('/api/v1/destinations', {
      name,
      type,
      retry,
      config: { url, ...config },
    })
    keptSecret(`the signing secret of ${name} at ${url}`, made.signing_secret)
    await makeOnce('/api/v1/connections', { destination_id: made.id, event_types: ['order.*'] })
    return made
  }
  const made: Loose[] = []
  for (const { url } of receivers) {
    const at = (what: string) => secretOf(`${what} at ${url}`)
    made.push(
      await receiverOf(url, 'basic', {
        headers: { 'x-own': at('a header of a destination') },
        auth: { type: 'basic', username: 'us', password: at('the password of a destination') },
      }),
      await receiverOf(url, 'bearer', { auth: { type: 'bearer', token: at('a bearer token') } }),
      await receiverOf(url, 'header', {
        signing: 'ed25519',
        auth: { type: 'header', name: 'x-pass', value: at('a header with credentials') },
      }),
      await receiverOf(url, 'oauth2', {
        auth: {
          type: 'oauth2_client_credentials',
          token_url: `${url}/token`,
          client_id: 'us',
          client_secret: at('a client secret'),
        },
      }),
      await receiverOf(url, 'oauth2 in the body, at a careless token server', {
        auth: {
          type: 'oauth2_client_credentials',
          token_url: `${url}/no-tokens-here`,
          client_id: 'us',
          client_secret: at('another client secret'),
          client_auth: 'body',
        },
      }),
    )
  }
  const [first] = made
  const path = `/api/v1/destinations/${first.id}`
  const own = keptSecret(
    'a signing secret of the customer’s own',
    `whsec_${randomBytes(32).toString('base64')}`,
  )
  await act(tenant, `${path}/rotate-secret`, { secret: own, overlap_s: 3600 })
  const [, rotated] = await act(tenant, `${path}/rotate-secret`, {})
  keptSecret('a rotated signing secret', rotated.signing_secret)
  await told('changed destination', path, 'PATCH', {
    config: { headers: { 'x-own': secretOf('a changed header of a destination') } },
  })
  for (const { id } of made)
    await told('tested destination', `/api/v1/destinations/${id}/test`, 'POST', {})
  return receivers
}

/** The same under the product's own words. */
async function driveIntegrations({ url }: Receiver): Promise<void> {
  const face = '/api/integrations'
  const events = ['order.*']
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  keptSecret('the signing secret of an integration', secret)
  const webhook = await makeOnce(`${face}/webhooks`, { url, events, secret })
  const zap = secretOf('the end of a Zap’s hook')
  const once = async ({ id }: Loose) =>
    void (await told('changed integration', `/api/v1/destinations/${id}`, 'PATCH', {
      retry: never,
    }))
  await once(webhook)
  const hook = await makeOnce(`${face}/zapier/hooks`, {
    hookUrl: `${url}/hooks/catch/1/${zap}`,
    event: 'order.*',
  })
  await once(hook)
  const configured = async (path: string, config: object) => {
    const body = { base_url: url, events, ...config }
    await once(await told(`configured ${path}`, `${face}/${path}/configure`, 'POST', body))
  }
  await configured('messaging/slack', {
    webhook_url: `${url}/services/T0/B0/${secretOf('the end of a Slack hook')}`,
  })
  await configured('crm/hubspot', {
    auth: { type: 'private_app', token: secretOf('a token of HubSpot') },
    mapping: { email: "'ada@example.com'" },
  })
  await configured('analytics/google-analytics', {
    measurement_id: 'G-ABCDE12345',
    api_secret: secretOf('a secret of Google Analytics'),
  })
  await told('tested webhook', `${face}/webhooks/${webhook.id}/test`, 'POST', {})
  await told('tested Slack', `${face}/messaging/slack/test`, 'POST', {})
  await told('previewed', '/api/v1/destinations/preview', 'POST', {
    type: 'slack',
    config: { token: secretOf('a token that is only previewed'), channel: 'C1', base_url: url },
  })
}

beforeAll(async () => {
  router = await startRouter({ env: { LOG: 'all' } })
  tenant = await router.tenant()
  keptSecret('the admin key', router.adminKey)
  keptSecret('the master key', readFileSync(join(router.stateDir, 'master-key'), 'utf8').trim())
  keptSecret('the tenant’s first key', tenant.key)
  const alerts = await aReceiver()
  await connect(tenant, alerts.url, {}, { event_types: ['switchyard.*'] })
  const receivers = await driveDestinations()
  await driveIntegrations(receivers[1]!)
  await driveSources()
  for (const role of ['owner', 'operator', 'publisher', 'viewer']) {
    const { key } = await makeOnce('/api/v1/api-keys', { name: role, role })
    keptSecret(`the key of a ${role}`, key)
    await tenant.api('/api/v1/events', {
      method: 'POST',
      key,
      body: { type: 'order.paid', data: { by: role } },
    })
  }
  const structured = { specversion: '1.0', id: '1', source: '/s', type: 'order.paid', data: 1 }
  await tenant.api('/api/v1/events', {
    method: 'POST',
    body: structured,
    headers: { 'content-type': 'application/cloudevents+json' },
  })
  eventId = await post(tenant, { data: { mark: 'a text that is no secret' } })
  await eventually(async () => {
    const all = await listAll(tenant, '/api/v1/deliveries')
    return all.length > 50 && all.every(({ state }) => state === 'delivered' || state === 'dead')
  }, 45_000)
  jobId = (await told('dead-letter replay', '/api/v1/dead-letters/replay', 'POST', {})).job_id
  await told('event replay', `/api/v1/events/${eventId}/replay`, 'POST', {})
  const [delivery] = await listAll(tenant, '/api/v1/deliveries?state=delivered')
  await told('retried', `/api/v1/deliveries/${delivery.id}/retry`, 'POST', {})
  await eventually(async () => {
    const { json } = await tenant.api(`/api/v1/jobs/${jobId}`)
    const all = await listAll(tenant, '/api/v1/deliveries')
    return (
      json.state === 'done' && all.every(({ state }) => state === 'delivered' || state === 'dead')
    )
  }, 45_000)
  // The careless ones did get what they send back, or nothing would be shown here.
  const sent = Buffer.from(JSON.stringify(receivers.map(({ received }) => received)))
  for (const what of ['an access token', 'a changed header of a destination'])
    expect(found(sent)).toContain(what)
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(path)
    else if (entry.isFile()) yield path
  }
}

/** The one file in which each of these may stand. */
const ownFile: Record<string, readonly string[]> = {
  'admin-key': ['the admin key'],
  'master-key': ['the master key'],
}

function leaksInFiles(): { leaks: string[]; files: string[]; marked: boolean } {
  const files = [...filesUnder(router.stateDir)]
  const contents = files.map((path) => [basename(path), readFileSync(path)] as const)
  const leaks = contents.flatMap(([name, content]) =>
    found(content, ownFile[name]).map((what) => `${what} in ${name}`),
  )
  const marked = contents.some(([, content]) => content.includes('a text that is no secret'))
  return { leaks, files, marked }
}

describe('no secret is found', () => {
  it('in any answer of the API but those that are there to show it', async () => {
    for (const { what, text } of answers) expect([what, found(text)]).toEqual([what, []])
  })

  it('in any read of the API', async () => {
    const { json: document } = await router.api('/openapi.json', { key: null })
    const walked: string[] = []
    const idsFor = async (path: string): Promise<string[]> => {
      if (path.startsWith('/api/v1/jobs/')) return [jobId]
      if (path.startsWith('/api/v1/tenants/')) return [tenant.id]
      if (path.endsWith('/samples/{event}')) return ['order.paid', 'video.generated']
      const list = path.slice(0, path.indexOf('/{'))
      return (await listAll(tenant, list)).map(({ id }) => id)
    }
    for (const [path, methods] of Object.entries<Loose>(document.paths)) {
      if (methods.get === undefined || path.startsWith('/in/') || path.endsWith('/secret')) continue
      const ids = path.includes('{') ? await idsFor(path) : ['']
      expect([path, ids.length > 0]).toEqual([path, true])
      for (const id of ids) {
        const isList = methods.get.parameters?.some(({ name }: Loose) => name === 'limit')
        const here = path.replace(/\{\w+\}/, id) + (isList === true ? '?limit=250' : '')
        const who = path.startsWith('/api/v1/tenants') ? {} : { key: tenant.key }
        const { status, json } = await router.api(here, who)
        const shown = found(Buffer.from(JSON.stringify(json)))
        expect([here, status < 500, shown]).toEqual([here, true, []])
        if (status === 200) walked.push(path)
      }
    }
    expect([...new Set(walked)]).toEqual(
      expect.arrayContaining([
        '/openapi.json',
        '/docs',
        '/api/v1/tenants/{id}',
        '/api/v1/api-keys',
        '/api/v1/sources/{id}',
        '/api/v1/destinations/{id}',
        '/api/v1/events/{id}',
        '/api/v1/events/{id}/payload',
        '/api/v1/deliveries/{id}',
        '/api/v1/rejections/{id}',
        '/api/v1/dead-letters',
      ]),
    )
  })

  it('at the end of a mask for Basic credentials, where even a short password would show', async () => {
    const config = { username: 'sender', password: 'abc' }
    const body = { name: 'Basic', provider: 'basic', config }
    const { id, url } = await tenant.make('/api/v1/sources', body)
    await sendTo(url, { authorization: basicOf('sender', 'abc') })
    await sendTo(url, { authorization: basicOf('sender', 'abd') })
    const [event] = await listAll(tenant, `/api/v1/events?source_id=${id}`)
    const [rejection] = await listAll(tenant, `/api/v1/rejections?source_id=${id}`)
    expect(event.headers.authorization).toBe('••••')
    expect(rejection.headers.authorization).toBe('••••')
  })

  it('in the answer to the same request with the same Idempotency-Key, unless it was there to show it', async () => {
    const headers = { 'idempotency-key': 'again' }
    const body = {
      name: 'Twice',
      provider: 'github',
      config: { secret: secretOf('the secret of a repeated request') },
    }
    for (const status of [201, 201]) {
      const answer = await tenant.api('/api/v1/sources', { method: 'POST', body, headers })
      expect([answer.status, found(Buffer.from(JSON.stringify(answer.json)))]).toEqual([status, []])
    }
  })

  it('in the state folder while it runs, its write-ahead logs included', () => {
    const { leaks, files, marked } = leaksInFiles()
    expect(leaks).toEqual([])
    expect(marked).toBe(true)
    expect(files.filter((path) => path.endsWith('.sqlite')).length).toBeGreaterThan(1)
    expect(files.map((path) => basename(path))).toEqual(
      expect.arrayContaining(['admin-key', 'master-key']),
    )
  })

  it('in anything that the router says', () => {
    const log = router.log()
    expect(log).toContain(eventId)
    expect(found(Buffer.from(log))).toEqual([])
  })

  it('in the state folder after a clean end, nor after another start', async () => {
    expect(await router.stop()).toBe(0)
    expect(leaksInFiles().leaks).toEqual([])
    await router.restart()
    await post(tenant)
    expect(leaksInFiles().leaks).toEqual([])
    expect(found(Buffer.from(router.log()))).toEqual([])
  })
})
