import { Client } from '@hubspot/api-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hubspotConsent } from '../../src/destinations/hubspot/auth.ts'
import { HubspotConfig } from '../../src/destinations/hubspot/config.ts'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Received, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

const token = 'pat-eu1-private-app-token'
const auth = { type: 'private_app', token }
const oauth = { type: 'oauth', client_id: 'client', client_secret: 'client-secret-value' }
const at = 1_795_168_800_000

const user = { email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace', company: 'AE' }
const registered = messageAbout('user.registered', { user }, {}, at)
const video = { id: 'v1', title: 'Demo', url: 'https://example.com/v1' }
const generated = messageAbout('video.generated', { user, video }, {}, at)

itIsADestination({
  type: 'hubspot',
  config: (url) => ({ auth, base_url: url }),
  secrets: [token],
  message: { body: registered.body },
})

itIsADestination({
  type: 'hubspot',
  config: (url) => ({ auth, action: 'deal', base_url: url }),
  secrets: [token],
  success: { status: 201, body: '{"id":"1"}' },
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (config: object = {}, message: Message = registered, now = () => at) =>
  bound('hubspot', { auth, base_url: receiver.url, ...config }).send(
    message,
    addresseeOf(),
    worldOf({ now }),
  )

const shown = ({ method, path, headers, body }: Received) => ({
  method,
  path,
  authorization: headers.authorization,
  body: JSON.parse(body.toString()),
})

const sent = (i = 0) => {
  const request = receiver.received[i]
  if (request === undefined) throw new Error('nothing came')
  return shown(request)
}

const client = () => new Client({ accessToken: token, basePath: receiver.url })
const json = (status: number, body: unknown, headers = {}): AnswerSpec => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const mapped = (message: Message, values: Record<string, Json>): Message => ({
  ...message,
  mapped: values,
})
const upserted = json(200, { status: 'COMPLETE', results: [{ id: '42', new: true }] })

describe('a contact', () => {
  it('is upserted with the very request of HubSpot’s own client', async () => {
    receiver.answers(upserted)
    expect((await send()).outcome).toEqual({ kind: 'delivered' })
    await client().crm.contacts.batchApi.upsert({
      inputs: [
        {
          id: 'ada@example.com',
          idProperty: 'email',
          properties: {
            email: 'ada@example.com',
            firstname: 'Ada',
            lastname: 'Lovelace',
            company: 'AE',
          },
        },
      ],
    })
    expect(sent(0)).toEqual(sent(1))
    expect(sent(0).path).toBe('/crm/v3/objects/contacts/batch/upsert')
  })

  it.each<[Record<string, Json>, object]>([
    [{ email: 'b@c.de' }, { email: 'b@c.de' }],
    [{ first_name: 'B' }, { firstname: 'B' }],
    [{ last_name: 'C' }, { lastname: 'C' }],
    [{ phone: '1' }, { phone: '1' }],
    [{ company: 'D' }, { company: 'D' }],
    [
      { properties: { plan: 'pro', seats: 3, gone: null, vip: true } },
      { plan: 'pro', seats: '3', gone: '', vip: 'true' },
    ],
  ])('is what the mapping says: %j', async (values, properties) => {
    await send({}, mapped(registered, values))
    const [input] = sent().body.inputs
    expect(input.properties).toMatchObject(properties)
    expect(input.id).toBe(input.properties.email)
  })

  it.each<[string, Message]>([
    ['email', messageOf()],
    ['email', mapped(registered, { email: 'none' })],
    ['properties', mapped(registered, { properties: [] })],
    ['properties.a', mapped(registered, { properties: { a: {} } })],
    ['phone', mapped(registered, { phone: {} })],
  ])('that cannot be said is refused by its path: %s', async (path, message) => {
    const report = await send({}, message)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}:`)
    expect(receiver.received).toEqual([])
  })
})

const failedItem = (category: string) =>
  json(207, { status: 'COMPLETE', results: [], numErrors: 1, errors: [{ category, message: 'x' }] })
const limited = (policyName: string, headers = {}) =>
  json(429, { status: 'error', errorType: 'RATE_LIMIT', policyName }, headers)

it.each<[string, AnswerSpec, object]>([
  ['207 without errors', json(207, { results: [{}], errors: [] }), { kind: 'delivered' }],
  ['207 with a wrong item', failedItem('VALIDATION_ERROR'), { kind: 'refused', cause: 'status' }],
  ['207 with a conflict', failedItem('CONFLICT'), { kind: 'failed', cause: 'status' }],
  ['207 with a limit', failedItem('RATE_LIMITS'), { kind: 'failed', cause: 'rate_limited' }],
  ['207 that is no JSON', { status: 207, body: '?' }, { kind: 'failed', cause: 'status' }],
  ['400', json(400, { category: 'VALIDATION_ERROR' }), { kind: 'refused', cause: 'status' }],
  [
    '401',
    json(401, { category: 'INVALID_AUTHENTICATION' }),
    { kind: 'refused', cause: 'credentials' },
  ],
  ['403', json(403, { category: 'MISSING_SCOPES' }), { kind: 'refused', cause: 'status' }],
  ['404', 404, { kind: 'refused', cause: 'status' }],
  ['409', json(409, { category: 'CONFLICT' }), { kind: 'failed', cause: 'status' }],
  ['423', 423, { kind: 'failed', cause: 'status', retry_after_ms: 2000 }],
  [
    '429 ten seconds',
    limited('TEN_SECONDLY_ROLLING'),
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 10_000 },
  ],
  [
    '429 a second',
    limited('SECONDLY'),
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 1000 },
  ],
  [
    '429 with its interval',
    limited('TEN_SECONDLY_ROLLING', { 'x-hubspot-ratelimit-interval-milliseconds': '7000' }),
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 7000 },
  ],
  [
    '429 daily',
    limited('DAILY'),
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 3_600_000 },
  ],
  [
    '429 with Retry-After',
    limited('DAILY', { 'retry-after': '30' }),
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 30_000 },
  ],
  [
    '477',
    { status: 477, headers: { 'retry-after': '600' } },
    { kind: 'failed', cause: 'status', retry_after_ms: 600_000 },
  ],
  ['503', 503, { kind: 'failed', cause: 'status' }],
  ['524', 524, { kind: 'failed', cause: 'status' }],
])('takes %s for what it is', async (_, answer, outcome) => {
  receiver.answers(answer)
  expect((await send()).outcome).toEqual(outcome)
})

it('waits for the next full hour where the day’s calls are used up', async () => {
  receiver.answers(limited('DAILY'))
  const report = await send({}, registered, () => at + 59 * 60_000)
  expect(report.outcome).toMatchObject({ retry_after_ms: 60_000 })
})

describe('a deal', () => {
  const action = 'deal'

  it('is made with its contact, stage and pipeline, as HubSpot’s own client would', async () => {
    receiver.answers(upserted, json(201, { id: '7' }))
    const report = await send({ action, pipeline: 'p1', stage: 's1' }, generated)
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 201 })
    const description = sent(1).body.properties.description
    expect(description).toContain('Video: v1')
    expect(description.endsWith(`\n\nSwitchyard ${messageOf().deliveryId}`)).toBe(true)
    await client().crm.deals.basicApi.create({
      properties: {
        dealname: 'Demo was generated',
        pipeline: 'p1',
        dealstage: 's1',
        description,
      },
      associations: [
        {
          to: { id: '42' },
          // The client's own words for it are those of the API.
          types: [{ associationCategory: 'HUBSPOT_DEFINED' as never, associationTypeId: 3 }],
        },
      ],
    })
    expect(sent(1)).toEqual(sent(2))
  })

  it('stands alone where nobody is known', async () => {
    receiver.answers(json(201, { id: '7' }))
    await send({ action }, messageAbout('order.odd/thing', { total: 3 }, {}, at))
    expect(receiver.received).toHaveLength(1)
    expect(sent().body).toMatchObject({
      associations: [],
      properties: {
        dealname: 'Order odd thing',
        pipeline: 'default',
        dealstage: 'appointmentscheduled',
      },
    })
  })

  it.each<[Record<string, Json>, object]>([
    [{ name: 'N' }, { dealname: 'N' }],
    [{ amount: '12.5' }, { amount: '12.5' }],
    [{ close_date: '2026-12-01' }, { closedate: '2026-12-01' }],
    [{ pipeline: 'p2' }, { pipeline: 'p2' }],
    [{ stage: 's2' }, { dealstage: 's2' }],
    [{ description: 'D' }, { description: `D\n\nSwitchyard ${messageOf().deliveryId}` }],
    [{ properties: { hubspot_owner_id: 9 } }, { hubspot_owner_id: '9' }],
  ])('is what the mapping says: %j', async (values, properties) => {
    await send({ action }, mapped(messageAbout('a.b', {}, {}, at), values))
    expect(sent().body.properties).toMatchObject(properties)
  })

  it.each<[string, Record<string, Json>]>([
    ['amount', { amount: 'much' }],
    ['close_date', { close_date: 'soon' }],
  ])('that cannot be said is refused by its path: %s', async (path, values) => {
    const report = await send({ action }, mapped(generated, values))
    expect(report.error).toContain(`mapping.${path}:`)
    expect(receiver.received).toEqual([])
  })

  it('is cut where it is too long, its marker whole', async () => {
    const long = mapped(messageAbout('a.b', {}, {}, at), { description: 'x'.repeat(70_000) })
    await send({ action }, long)
    const { description } = sent().body.properties
    expect(description).toHaveLength(65_536)
    expect(description).toContain('…\n\nSwitchyard dlv_')
  })

  it('is looked for before a retry makes it', async () => {
    const description = `x\n\nSwitchyard ${messageOf().deliveryId}`
    receiver.answers(json(200, { results: [{ properties: { description } }] }))
    const report = await send({ action }, { ...generated, attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
    expect(sent()).toMatchObject({
      path: '/crm/v3/objects/deals/search',
      body: {
        filterGroups: [
          {
            filters: [
              { propertyName: 'dealname', operator: 'EQ', value: 'Demo was generated' },
              { propertyName: 'createdate', operator: 'GTE', value: String(at - 300_000) },
            ],
          },
        ],
        properties: ['description'],
      },
    })
  })

  it('is made by a retry that finds only others', async () => {
    const others = json(200, { results: [{ properties: { description: 'Switchyard dlv_x' } }] })
    receiver.answers(others, upserted, json(201, {}))
    const report = await send({ action }, { ...generated, attempt: 3 })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(3)
  })

  it.each([
    ['the search', [503], 1],
    ['the contact', [json(200, { results: [] }), 429], 2],
    ['the deal', [json(200, { results: [] }), upserted, 503], 3],
  ])('is tried again where %s fails', async (_, answers, calls) => {
    receiver.answers(...answers)
    const report = await send({ action }, { ...generated, attempt: 2 })
    expect(report.outcome.kind).toBe('failed')
    expect(receiver.received).toHaveLength(calls)
  })

  it('is refused for good where HubSpot says so', async () => {
    receiver.answers(upserted, json(400, { category: 'VALIDATION_ERROR' }))
    expect((await send({ action }, generated)).outcome).toEqual({
      kind: 'refused',
      cause: 'status',
    })
    receiver.answers(upserted, json(409, { category: 'CONFLICT' }))
    expect((await send({ action }, generated)).outcome).toEqual({
      kind: 'refused',
      cause: 'status',
    })
  })
})

const tokens = (i = 0) =>
  json(200, {
    token_type: 'bearer',
    access_token: `access-${i}`,
    refresh_token: 'refresh-token-value',
    expires_in: 1800,
  })
const connected = { ...oauth, refresh_token: 'refresh-token-value' }

describe('a timeline event', () => {
  const config = { auth: connected, action: 'timeline_event', event_template_id: '1001298' }

  it('carries the event’s own id, as HubSpot’s own client would send it', async () => {
    receiver.answers(tokens(), json(201, {}))
    expect((await send(config, generated)).outcome).toEqual({ kind: 'delivered' })
    await new Client({
      accessToken: 'access-0',
      basePath: receiver.url,
    }).crm.timeline.eventsApi.create({
      eventTemplateId: '1001298',
      id: messageOf().event.id,
      email: 'ada@example.com',
      timestamp: new Date(at),
      tokens: { title: 'Demo was generated', link: 'https://example.com/v1' },
      extraData: { user, video },
    })
    expect(sent(1)).toEqual(sent(2))
  })

  it('has the tokens that the mapping says', async () => {
    receiver.answers(tokens(), 201)
    await send(config, mapped(generated, { tokens: { plan: 'pro', n: 1 } }))
    expect(sent(1).body.tokens).toEqual({ plan: 'pro', n: '1' })
  })

  it('is there already where its id is', async () => {
    receiver.answers(tokens(), json(409, { category: 'CONFLICT' }))
    expect((await send(config, generated)).outcome).toEqual({ kind: 'delivered' })
  })

  it.each<[string, object]>([
    ['event_template_id', { ...config, event_template_id: undefined }],
    ['auth.type', { ...config, auth }],
  ])('takes a config with %s', (path, wrong) => {
    expect(() => bound('hubspot', wrong)).toThrow(path)
  })
})

describe('an app’s account', () => {
  it('is asked for a token with the form of HubSpot’s own client', async () => {
    receiver.answers(tokens(), upserted)
    const report = await send({ auth: connected })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(sent(1).authorization).toBe('Bearer access-0')
    expect(JSON.stringify(report)).not.toMatch(/access-0|refresh-token-value|client-secret-value/)
    const [asked] = receiver.received.splice(0)
    receiver.answers(tokens())
    await client().oauth.tokensApi.create(
      'refresh_token',
      undefined,
      undefined,
      'client',
      'client-secret-value',
      'refresh-token-value',
    )
    const formOf = (request?: Received) =>
      Object.fromEntries(new URLSearchParams(request?.body.toString()))
    expect(asked).toMatchObject({ method: 'POST', path: '/oauth/v1/token' })
    expect(receiver.received[0]?.path).toBe('/oauth/v1/token')
    expect(formOf(asked)).toEqual(formOf(receiver.received[0]))
  })

  it('gets one new token after a 401, and no third try', async () => {
    receiver.answers(tokens(1), 401, tokens(2), 401)
    const report = await send({ auth: connected })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer access-1',
      undefined,
      'Bearer access-2',
    ])
  })

  it('waits for its owner’s consent', async () => {
    const report = await send({ auth: oauth })
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'credentials' })
    expect(report.error).toContain('not connected')
    expect(receiver.received).toEqual([])
  })

  it('is connected on HubSpot’s page', () => {
    const consent = hubspotConsent(HubspotConfig.parse({ auth: oauth }))
    const own = new Client().oauth.getAuthorizationUrl('client', 'https://r.example/cb', 'oauth')
    expect(consent?.authorizeUrl).toBe(own.slice(0, own.indexOf('?')))
    expect(consent?.tokenUrl).toBe('https://api.hubapi.com/oauth/v1/token')
    expect(consent?.learned({ refresh_token: 'new' })).toEqual({
      ok: true,
      value: { auth: { ...oauth, refresh_token: 'new' } },
    })
    expect(consent?.learned({}).ok).toBe(false)
    expect(hubspotConsent(HubspotConfig.parse({ auth }))).toBeNull()
  })
})

it('is limited to 100 calls in 10 s, and calls HubSpot where no base_url is given', () => {
  const { rateLimit, address } = bound('hubspot', { auth })
  expect(rateLimit).toEqual({ limit: 600, per: 'minute' })
  expect(address).toBe('https://api.hubapi.com')
})

it.each(['{}', '', '<html>', '{"results":[{"prop'])(
  'makes no deal where the look answers %j',
  async (body) => {
    receiver.answers({ status: 200, body })
    const report = await send({ action: 'deal' }, { ...generated, attempt: 2 })
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'status' })
    expect(receiver.received).toHaveLength(1)
  },
)

it('reads a list of deals with long descriptions whole', async () => {
  const others = Array.from({ length: 50 }, () => ({
    properties: { description: 'x'.repeat(65_536) },
  }))
  const mine = { properties: { description: `Switchyard ${generated.deliveryId}` } }
  receiver.answers(json(200, { results: [...others, mine] }))
  const report = await send({ action: 'deal' }, { ...generated, attempt: 2 })
  expect(report.outcome).toEqual({ kind: 'delivered' })
  expect(report.response_body).toHaveLength(16_384)
})
