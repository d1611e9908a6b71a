import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { rsaSign, selfSigned } from '../sources/self-signed.ts'
import { aReceiver, closeReceivers, listAll } from './story.ts'

/** A request as a provider makes it; a POST unless told. */
interface Call {
  method?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: string
}

interface Handshake {
  what: string
  provider: string
  config: Record<string, unknown>
  /** Made when it is sent, as many of them are signed with their time; `url` is the source's. */
  call: (url: string) => Call
  answer: { status: number; text: string; headers?: Record<string, string> }
}

let router: Router
/** Has a source for each handshake, and never an event. */
let tenant: RouterTenant
let githubUrl: string
beforeAll(async () => {
  router = await startRouter()
  tenant = await router.tenant()
  githubUrl = await sourceOf(tenant, 'github', { secret })
})
afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const secret = 'a secret of the provider'
const another = 'a secret of somebody else'

async function sourceOf(owner: RouterTenant, provider: string, config: object): Promise<string> {
  const { url } = await owner.make('/api/v1/sources', { name: provider, provider, config })
  return url
}

async function send(url: string, { method = 'POST', query, headers, body }: Call) {
  const at = query === undefined ? url : `${url}?${new URLSearchParams(query)}`
  const answer = await fetch(at, { method, headers: headers ?? {}, ...(body && { body }) })
  return {
    status: answer.status,
    text: await answer.text(),
    headers: Object.fromEntries(answer.headers),
  }
}

const hmac = (text: string, key = secret, encoding: 'hex' | 'base64' = 'hex', hash = 'sha256') =>
  createHmac(hash, key).update(text).digest(encoding)

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const json = { 'content-type': 'application/json' }
const nowS = () => String(Math.floor(Date.now() / 1000))

/** Slack's and Zoom's schemes differ in nothing but the headers. */
const v0 =
  (prefix: string, body: string, headers: Record<string, string>, key = secret) =>
  (): Call => {
    const time = nowS()
    const proof = { [`${prefix}-signature`]: `v0=${hmac(`v0:${time}:${body}`, key)}` }
    return { body, headers: { ...headers, ...proof, [`${prefix}-request-timestamp`]: time } }
  }

const slackQuestion = '{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV","type":"url_verification"}'
const slack = (body: string, headers = json, key = secret) => v0('x-slack', body, headers, key)

const zoomQuestion =
  '{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1,"event":"endpoint.url_validation"}'
const zoom = (key = secret) => v0('x-zm', zoomQuestion, json, key)

function newKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { publicKey: raw.toString('hex'), privateKey }
}
const [discordApp, otherApp] = [newKeys(), newKeys()]
const discord =
  (body: string, { privateKey } = discordApp) =>
  (): Call => {
    const time = nowS()
    const proof = sign(null, Buffer.from(time + body), privateKey).toString('hex')
    const headers = { 'x-signature-timestamp': time, 'x-signature-ed25519': proof }
    return { body, headers: { ...json, ...headers } }
  }

const meta = (token: string) => (): Call => ({
  method: 'GET',
  query: { 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': token },
})

const twitch =
  (kind: string, body: string, key = secret) =>
  (): Call => {
    const [id, time] = [crypto.randomUUID(), new Date().toISOString()]
    return {
      body,
      headers: {
        ...json,
        'twitch-eventsub-message-id': id,
        'twitch-eventsub-message-timestamp': time,
        'twitch-eventsub-message-type': kind,
        'twitch-eventsub-message-signature': `sha256=${hmac(id + time + body, key)}`,
      },
    }
  }
const twitchQuestion =
  '{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"status":"webhook_callback_verification_pending","type":"stream.online"}}'

const options =
  (token: string, origin = 'events.example.com') =>
  (): Call => ({
    method: 'OPTIONS',
    headers: { 'webhook-request-origin': origin, authorization: `Bearer ${token}` },
  })

const eventGrid = (code: string) => (): Call => ({
  query: { code },
  headers: { ...json, 'aeg-event-type': 'SubscriptionValidation' },
  body: '[{"id":"2d1781af","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6-c7b8"}}]',
})

const mandrill =
  (key: string) =>
  (url: string): Call => ({
    headers: {
      ...form,
      'x-mandrill-signature': hmac(`${url}mandrill_events[]`, key, 'base64', 'sha1'),
    },
    body: 'mandrill_events=%5B%5D',
  })

const figma = (passcode: string) => (): Call => ({
  headers: json,
  body: JSON.stringify({ event_type: 'PING', passcode, webhook_id: '22' }),
})

const zapier = (key: string) => (): Call => ({ method: 'GET', headers: { 'x-api-key': key } })

const head = (): Call => ({ method: 'HEAD' })

const text = { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' }
const isJson = { 'content-type': 'application/json' }
const empty = { status: 200, text: '' }

const handshakes: Handshake[] = [
  {
    what: 'the url_verification of Slack',
    provider: 'slack',
    config: { secret },
    call: slack(slackQuestion),
    answer: { status: 200, text: '3eZbrw1aBm2rZgRNFdxV', headers: text },
  },
  {
    what: 'the signed ssl_check of Slack',
    provider: 'slack',
    config: { secret },
    call: slack('ssl_check=1&token=x', form),
    answer: empty,
  },
  {
    what: 'the unsigned ssl_check of Slack',
    provider: 'slack',
    config: { secret },
    call: () => ({ body: 'ssl_check=1&token=x', headers: form }),
    answer: empty,
  },
  {
    what: 'the endpoint.url_validation of Zoom',
    provider: 'zoom',
    config: { secret },
    call: zoom(),
    answer: {
      status: 200,
      text: `{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"${hmac('qgg8vlvZRS6UYooatFL8Aw')}"}`,
      headers: isJson,
    },
  },
  {
    what: 'the endpoint.url_validation of Zoom, with the older secret of a rotation,',
    provider: 'zoom',
    config: { secret: [secret, another] },
    call: zoom(another),
    answer: {
      status: 200,
      text: `{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"${hmac('qgg8vlvZRS6UYooatFL8Aw', another)}"}`,
    },
  },
  {
    what: 'the PING of Discord for interactions',
    provider: 'discord',
    config: { public_key: discordApp.publicKey },
    call: discord('{"id":"1","application_id":"99","type":1,"version":1}'),
    answer: { status: 200, text: '{"type":1}', headers: isJson },
  },
  {
    what: 'the PING of Discord for events',
    provider: 'discord',
    config: { public_key: discordApp.publicKey },
    call: discord('{"version":1,"application_id":"99","type":0}'),
    answer: { status: 204, text: '', headers: isJson },
  },
  {
    what: 'the check of the URL by Meta',
    provider: 'meta',
    config: { secret, verify_token: 'meatyhamhock' },
    call: meta('meatyhamhock'),
    answer: { status: 200, text: '1158201444', headers: text },
  },
  {
    what: 'the challenge of Dropbox',
    provider: 'dropbox',
    config: { secret },
    call: () => ({ method: 'GET', query: { challenge: '<b>abc</b>' } }),
    answer: { status: 200, text: '<b>abc</b>', headers: text },
  },
  {
    what: 'the challenge of LinkedIn',
    provider: 'linkedin',
    config: { secret },
    call: () => ({ method: 'GET', query: { challengeCode: '890e4665-4dfe-4ab1' } }),
    answer: {
      status: 200,
      text: `{"challengeCode":"890e4665-4dfe-4ab1","challengeResponse":"${hmac('890e4665-4dfe-4ab1')}"}`,
      headers: isJson,
    },
  },
  {
    what: 'the challenge of LinkedIn for a child application',
    provider: 'linkedin',
    config: { secret, child_secrets: { 4711: another } },
    call: () => ({
      method: 'GET',
      query: { challengeCode: '890e4665-4dfe-4ab1', applicationId: '4711' },
    }),
    answer: {
      status: 200,
      text: `{"challengeCode":"890e4665-4dfe-4ab1","challengeResponse":"${hmac('890e4665-4dfe-4ab1', another)}"}`,
    },
  },
  {
    what: 'the challenge of Twitch',
    provider: 'twitch',
    config: { secret },
    call: twitch('webhook_callback_verification', twitchQuestion),
    answer: { status: 200, text: 'pogchamp-kappa-360noscope-vohiyo', headers: text },
  },
  {
    what: 'the OPTIONS of CloudEvents',
    provider: 'cloudevents',
    config: { secret, allowed_rate: 120 },
    call: options(secret),
    answer: {
      status: 200,
      text: '',
      headers: {
        allow: 'POST',
        'webhook-allowed-origin': 'events.example.com',
        'webhook-allowed-rate': '120',
      },
    },
  },
  {
    what: 'the SubscriptionValidation of Event Grid',
    provider: 'azure-event-grid',
    config: { secret },
    call: eventGrid(secret),
    answer: { status: 200, text: '{"validationResponse":"512d38b6-c7b8"}', headers: isJson },
  },
  {
    what: 'the OPTIONS of Event Grid',
    provider: 'azure-event-grid',
    config: { secret },
    call: () => ({
      method: 'OPTIONS',
      query: { code: secret },
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
    }),
    answer: {
      status: 200,
      text: '',
      headers: { 'webhook-allowed-origin': 'eventgrid.azure.net', 'webhook-allowed-rate': '*' },
    },
  },
  {
    what: 'the validationToken of Microsoft Graph',
    provider: 'microsoft-graph',
    config: { secret },
    call: () => ({ query: { validationToken: 'Validation: Testing + <b>' }, headers: text }),
    answer: { status: 200, text: 'Validation: Testing + <b>', headers: text },
  },
  {
    what: 'the unsigned ping of WooCommerce',
    provider: 'woocommerce',
    config: { secret },
    call: () => ({ body: 'webhook_id=42', headers: form }),
    answer: empty,
  },
  {
    what: 'the GET of Mailchimp',
    provider: 'mailchimp',
    config: { secret },
    call: () => ({ method: 'GET', query: { secret } }),
    answer: empty,
  },
  {
    what: 'the HEAD of Mandrill',
    provider: 'mandrill',
    config: { secret },
    call: head,
    answer: empty,
  },
  {
    what: 'the first POST of Mandrill, signed before there is a key,',
    provider: 'mandrill',
    config: { secret },
    call: mandrill('test-webhook'),
    answer: empty,
  },
  {
    what: 'the HEAD of Intercom',
    provider: 'intercom',
    config: { secret },
    call: head,
    answer: empty,
  },
  { what: 'the HEAD of Trello', provider: 'trello', config: { secret }, call: head, answer: empty },
  {
    what: 'the PING of Figma',
    provider: 'figma',
    config: { passcode: secret },
    call: figma(secret),
    answer: empty,
  },
  {
    what: 'the connection test of Zapier',
    provider: 'zapier',
    config: { secret },
    call: zapier(secret),
    answer: { status: 200, text: '{"ok":true}', headers: isJson },
  },
]

describe.each(handshakes)('$what', ({ provider, config, call, answer }) => {
  it('is answered as the provider asks, and makes no event', async () => {
    const url = await sourceOf(tenant, provider, config)
    expect(await send(url, call(url))).toMatchObject(answer)
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
  })

  it('is not answered by a source of another provider', async () => {
    const { method = 'POST', ...asked } = call(githubUrl)
    const { status, text, headers } = await send(githubUrl, { method, ...asked })
    const [code, number] =
      method === 'POST' ? ['verification_failed', 401] : ['method_not_allowed', 405]
    expect([status, headers['content-type']]).toEqual([number, 'application/problem+json'])
    if (method !== 'HEAD') expect(JSON.parse(text).code).toBe(code)
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
  })
})

describe('a handshake that does not show what it must', () => {
  type Refused = [
    what: string,
    provider: string,
    config: object,
    call: Handshake['call'],
    status: number,
  ]

  it.each<Refused>([
    ['the question of Slack', 'slack', { secret }, slack(slackQuestion, json, another), 401],
    ['an ssl_check of Slack', 'slack', { secret }, slack('ssl_check=1', form, another), 401],
    ['the question of Zoom', 'zoom', { secret }, zoom(another), 401],
    [
      'the PING of Discord',
      'discord',
      { public_key: discordApp.publicKey },
      discord('{"id":"1","type":1,"version":1}', otherApp),
      401,
    ],
    [
      'the event PING of Discord',
      'discord',
      { public_key: discordApp.publicKey },
      discord('{"version":1,"type":0}', otherApp),
      401,
    ],
    ['the token of Meta', 'meta', { secret, verify_token: 'meatyhamhock' }, meta('spam'), 403],
    ['a token of Meta where none is set', 'meta', { secret }, meta(''), 403],
    [
      'the challenge of Twitch',
      'twitch',
      { secret },
      twitch('webhook_callback_verification', twitchQuestion, another),
      401,
    ],
    [
      'a revocation by Twitch',
      'twitch',
      { secret },
      twitch('revocation', '{"subscription":{"status":"authorization_revoked"}}', another),
      401,
    ],
    ['the OPTIONS of CloudEvents', 'cloudevents', { secret }, options(another), 405],
    [
      'the OPTIONS of an origin that is not named',
      'cloudevents',
      { secret, allowed_origins: ['events.example.com'] },
      options(secret, 'spam.example.com'),
      403,
    ],
    ['the code of Event Grid', 'azure-event-grid', { secret }, eventGrid(another), 401],
    [
      'a ping of WooCommerce that says more',
      'woocommerce',
      { secret },
      () => ({ body: 'webhook_id=42&status=paid', headers: form }),
      401,
    ],
    ['the first POST of Mandrill', 'mandrill', { secret }, mandrill(another), 401],
    ['the PING of Figma', 'figma', { passcode: secret }, figma(another), 401],
    ['the key of Zapier', 'zapier', { secret }, zapier(another), 405],
  ])('is refused: %s', async (_what, provider, config, call, status) => {
    const url = await sourceOf(tenant, provider, config)
    const answer = await send(url, call(url))
    expect(answer.status).toBe(status)
    expect(answer.headers).not.toHaveProperty('webhook-allowed-origin')
    // What is not proved gets nothing back of what it said.
    for (const said of ['3eZbrw1aBm2rZgRNFdxV', 'qgg8vl', '1158201444', 'pogchamp', '512d38b6']) {
      expect(answer.text).not.toContain(said)
    }
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
  })
})

it('a revocation by Twitch is told to the tenant, and is no event of the source', async () => {
  const own = await router.tenant()
  const { url, id } = await own.make('/api/v1/sources', {
    name: 'Streams',
    provider: 'twitch',
    config: { secret },
  })
  const body =
    '{"subscription":{"id":"f1c2a387","status":"authorization_revoked","type":"stream.online"}}'
  // Twice, as after a lost answer: it is told once.
  for (const call of [twitch('revocation', body)(), twitch('revocation', body)()]) {
    expect(await send(url, call)).toMatchObject({ status: 204, text: '' })
  }
  const [notice, ...others] = await listAll(own, '/api/v1/events')
  expect(others).toEqual([])
  expect(notice.type).toBe('switchyard.source.revoked')
  const payload = await own.api(`/api/v1/events/${notice.id}/payload`)
  expect(payload.json).toMatchObject({
    source_id: id,
    source_name: 'Streams',
    provider: 'twitch',
    reason: 'authorization_revoked',
  })
})

describe('the X-Hook-Secret of Asana', () => {
  const offer = (value: string): Call => ({ headers: { 'x-hook-secret': value } })
  const events = (key: string, gid: string): Call => {
    const body = `{"events":[{"action":"changed","resource":{"gid":"${gid}","resource_type":"task"}}]}`
    return { body, headers: { ...json, 'x-hook-signature': hmac(body, key) } }
  }
  /** No other text is like it, so that it can be looked for. */
  const newSecret = () => `hook-${crypto.randomUUID()}`

  it('is kept from the first call, proves what follows, and is never shown', async () => {
    const own = await router.tenant()
    const { url, id } = await own.make('/api/v1/sources', {
      name: 'Tasks',
      provider: 'asana',
      config: {},
    })
    const learned = newSecret()
    expect((await send(url, events(learned, '1'))).status).toBe(401)

    expect(await send(url, offer(learned))).toMatchObject({
      ...empty,
      headers: { 'x-hook-secret': learned },
    })
    expect(await listAll(own, '/api/v1/events')).toEqual([])
    expect((await send(url, events(learned, '1'))).status).toBe(200)
    expect(await listAll(own, '/api/v1/events')).toMatchObject([{ type: 'task.changed' }])

    const source = await own.api(`/api/v1/sources/${id}`)
    expect(source.json.config.secret).toBe(`••••${learned.slice(-4)}`)
    const files = readdirSync(router.stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    expect(files.length).toBeGreaterThan(0)
    expect(files.some((bytes) => bytes.includes(learned))).toBe(false)
  })

  it('is not taken a second time, except for the same', async () => {
    const own = await router.tenant()
    const url = await sourceOf(own, 'asana', {})
    const [first, second] = [newSecret(), newSecret()]
    expect((await send(url, offer(first))).status).toBe(200)
    const refused = await send(url, offer(second))
    expect(refused.status).toBe(401)
    expect(refused.headers).not.toHaveProperty('x-hook-secret')

    expect((await send(url, events(second, '1'))).status).toBe(401)
    expect((await send(url, events(first, '1'))).status).toBe(200)
    expect(await listAll(own, '/api/v1/events')).toHaveLength(1)
    expect((await send(url, offer(first))).headers).toHaveProperty('x-hook-secret', first)
    expect((await send(url, offer(second))).status).toBe(401)
  })

  it('is taken from one of many callers who come at once', async () => {
    const own = await router.tenant()
    const url = await sourceOf(own, 'asana', {})
    const offered = Array.from({ length: 8 }, newSecret)
    const answers = await Promise.all(offered.map((one) => send(url, offer(one))))
    const taken = offered.filter((_, i) => answers[i]?.status === 200)
    expect(taken).toHaveLength(1)
    const accepted = await Promise.all(offered.map((one) => send(url, events(one, one))))
    expect(offered.filter((_, i) => accepted[i]?.status === 200)).toEqual(taken)
  })

  it('is not taken by a source of another provider', async () => {
    const answer = await send(githubUrl, offer('s'.repeat(40)))
    expect(answer.status).toBe(401)
    expect(answer.headers).not.toHaveProperty('x-hook-secret')
  })
})

describe('a message of Salesforce', () => {
  const organization = '00D5i000000abCdEAI'
  const notification = (id: string) =>
    `<Notification><Id>${id}</Id><sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>0065i000001abcdAAA</sf:Id></sObject></Notification>`
  const message = (notifications: string, declared = ''): Call => ({
    headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
    body: `<?xml version="1.0" encoding="UTF-8"?>${declared}<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organization}</OrganizationId>${notifications}</notifications></soapenv:Body></soapenv:Envelope>`,
  })
  const both = notification('04l1') + notification('04l2')

  it.each([false, true])('is acknowledged once, with split: %s', async (split) => {
    const own = await router.tenant()
    const url = await sourceOf(own, 'salesforce', { organization_id: organization, split })
    for (const _time of ['new', 'seen']) {
      const { status, text, headers } = await send(url, message(both))
      expect([status, headers['content-type']]).toEqual([200, 'text/xml'])
      expect(text.match(/<Ack>true<\/Ack>/g)).toHaveLength(1)
      expect(text).toContain(
        '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">',
      )
    }
    expect(await listAll(own, '/api/v1/events')).toHaveLength(split ? 2 : 1)
  })

  it('is not acknowledged with a DOCTYPE', async () => {
    const url = await sourceOf(tenant, 'salesforce', { organization_id: organization })
    const declared = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    const { status, text } = await send(url, message(both, declared))
    expect(status).toBe(401)
    expect(text).not.toContain('Ack')
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
  })
})

describe('a confirmation of SNS that is not proved', () => {
  const at = 'https://sns.eu-central-1.amazonaws.com'
  const fields = {
    Type: 'SubscriptionConfirmation',
    MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
    Token: 'abc',
    TopicArn: 'arn:aws:sns:eu-central-1:123456789012:orders',
    Message: 'You have chosen to subscribe to the topic',
    SubscribeURL: `${at}/?Action=ConfirmSubscription&Token=abc`,
    Timestamp: new Date().toISOString(),
    SignatureVersion: '2',
    SigningCertURL: `${at}/SimpleNotificationService-${'a1'.repeat(16)}.pem`,
  }
  type Fields = typeof fields
  const signed = new Set([
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ])

  function confirmation(message: Fields, key: string): Call {
    const content = Object.entries(message)
      .filter(([name]) => signed.has(name))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `${name}\n${value}\n`)
    const body = JSON.stringify({
      ...message,
      Signature: rsaSign(key, content.join(''), 'RSA-SHA256'),
    })
    const headers = {
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': message.Type,
    }
    return { body, headers }
  }

  interface Scene {
    what: string
    change: (receiverUrl: string) => Partial<Fields>
    isPinned: boolean
    by: 'aws' | 'forger'
    reason: string
  }

  it.each<Scene>([
    {
      what: 'names a certificate elsewhere',
      change: (url) => ({ SigningCertURL: `${url}/cert.pem`, SubscribeURL: `${at}/?Token=abc` }),
      isPinned: false,
      by: 'forger',
      reason: 'untrusted_url',
    },
    {
      what: 'is to be confirmed elsewhere, whoever signed it',
      change: (url) => ({ SubscribeURL: `${url}/?Token=abc` }),
      isPinned: true,
      by: 'aws',
      reason: 'untrusted_url',
    },
    {
      what: 'is signed by somebody else',
      change: () => ({}),
      isPinned: true,
      by: 'forger',
      reason: 'signature_mismatch',
    },
    {
      what: 'is for a topic that is not expected',
      change: () => ({ TopicArn: 'arn:aws:sns:eu-central-1:999999999999:spam' }),
      isPinned: true,
      by: 'aws',
      reason: 'credentials_mismatch',
    },
  ])('is refused, and nothing is fetched: it $what', async ({ change, isPinned, by, reason }) => {
    const own = await router.tenant()
    const receiver = await aReceiver()
    const [aws, forger] = await Promise.all([selfSigned(), selfSigned()])
    const config = { topic_arns: fields.TopicArn, ...(isPinned && { certificate: aws.cert }) }
    const url = await sourceOf(own, 'aws-sns', config)
    const key = by === 'aws' ? aws.private : forger.private
    const call = confirmation({ ...fields, ...change(receiver.url) }, key)
    expect((await send(url, call)).status).toBe(401)
    expect(await listAll(own, '/api/v1/rejections')).toMatchObject([{ reason }])
    expect(await listAll(own, '/api/v1/events')).toEqual([])
    expect(receiver.received).toEqual([])
  })
})

describe('the very next handshake meets', () => {
  const before = { secret, verify_token: 'meatyhamhock' }

  it.each<[string, string, { method: string; body?: unknown }, number]>([
    ['a disabled source', 'meatyhamhock', { method: 'PATCH', body: { enabled: false } }, 403],
    [
      'an old token',
      'meatyhamhock',
      { method: 'PATCH', body: { config: { verify_token: 'spam' } } },
      403,
    ],
    ['a new token', 'spam', { method: 'PATCH', body: { config: { verify_token: 'spam' } } }, 200],
    ['no source any more', 'meatyhamhock', { method: 'DELETE' }, 404],
  ])('%s', async (_what, token, change, status) => {
    const own = await router.tenant()
    const { url, id } = await own.make('/api/v1/sources', {
      name: 'Pages',
      provider: 'meta',
      config: before,
    })
    expect((await send(url, meta('meatyhamhock')())).status).toBe(200)
    await own.api(`/api/v1/sources/${id}`, change)
    expect((await send(url, meta(token)())).status).toBe(status)
  })
})
