import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startReceiver } from '../support/receiver.ts'
import type { Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, worldOf } from './fixtures.ts'

const api_secret = 'ga-secret_of-the-stream'
const keys = { measurement_id: 'G-ABCDE12345', api_secret }

itIsADestination({
  type: 'google-analytics',
  config: (base_url) => ({ base_url, ...keys }),
  secrets: [api_secret],
  success: 204,
  message: messageAbout('video.generated', { video: { id: 'v1' } }),
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(204)
})
afterEach(() => receiver.close())

const send = (message = messageAbout('video.generated', {}), config: object = {}) =>
  bound('google-analytics', { base_url: receiver.url, ...keys, ...config }).send(
    message,
    addresseeOf(),
    worldOf(),
  )

const body = (at = 0) => JSON.parse(receiver.received[at]?.body.toString() ?? '')

describe('the request', () => {
  it('is a POST with the stream and its secret in the query', async () => {
    const message = messageAbout('video.generated', {
      video: { id: 'v1', title: 'Hello', duration_s: 12.5, url: 'https://example.com/v/1' },
      user: { id: 'u1', email: 'jane@example.com', name: 'Jane', plan: 'pro' },
    })
    await send(message)
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: `/mp/collect?measurement_id=G-ABCDE12345&api_secret=${api_secret}`,
      headers: { 'content-type': 'application/json' },
    })
    expect(body()).toEqual({
      client_id: expect.stringMatching(/^\d+\.\d+$/),
      user_id: 'u1',
      timestamp_micros: Date.parse(message.event.time) * 1000,
      user_properties: { plan: { value: 'pro' } },
      events: [
        {
          name: 'video_generated',
          params: {
            engagement_time_msec: 1,
            video_id: 'v1',
            video_title: 'Hello',
            video_duration_s: 12.5,
            video_url: 'https://example.com/v/1',
          },
        },
      ],
    })
  })

  it('says of a person nothing but the id and plan', async () => {
    const person = {
      id: 'u1',
      email: 'jane@example.com',
      name: 'Jane Doe',
      phone: '+4930',
      plan: 'pro',
    }
    await send(messageAbout('user.registered', person))
    await send(messageAbout('user.registered', { user: person }))
    await send(messageAbout('order.paid', { contact: 'a@b.example', email: 'x', ip: '::1', n: 1 }))
    expect(body(0)).toMatchObject({ user_id: 'u1', events: [{ params: { plan: 'pro' } }] })
    expect(body(2).events[0].params).toEqual({ engagement_time_msec: 1, n: 1 })
    const all = receiver.received.map(({ body }) => body.toString()).join()
    expect(all).not.toMatch(/jane|doe|4930|@|::1/i)
  })

  it('knows one client by the same user, and no two by different ones', async () => {
    await send(messageAbout('a', { user: { id: 'u1' } }))
    await send(messageAbout('b', { user_id: 'u1' }))
    await send(messageAbout('a', { user: { id: 'u2' } }))
    await send(messageAbout('a', { user: { email: 'Jane@example.com' } }))
    await send(messageAbout('a', { client_id: '1234.5678' }))
    const ids = receiver.received.map((_, i) => body(i).client_id)
    expect(ids[0]).toBe(ids[1])
    expect(new Set(ids)).toHaveLength(4)
    expect(ids[4]).toBe('1234.5678')
  })

  it('sends to the EU where it is told so, and lists where', () => {
    const addressOf = (config: object) => bound('google-analytics', { ...keys, ...config }).address
    expect(addressOf({})).toBe('https://www.google-analytics.com')
    expect(addressOf({ region: 'eu' })).toBe('https://region1.google-analytics.com')
  })

  it.each([
    ['session.started', 'session_started'],
    ['orders/create', 'orders_create'],
    ['error', 'event_error'],
    ['session.start', 'event_session_start'],
    ['ga.hit', 'event_ga_hit'],
    ['1st', 'event_1st'],
    ['größe', 'gr_e'],
    ['…', 'event__'],
    ['x'.repeat(60), 'x'.repeat(40)],
  ])('names %j %j', async (type, name) => {
    await send(messageAbout(type, {}))
    expect(body().events[0].name).toBe(name)
  })

  it.each([
    ['no JSON', new TextEncoder().encode('plain')],
    ['a list', new TextEncoder().encode('[1]')],
    ['null', new TextEncoder().encode('null')],
  ])('is readable of %s', async (_, bytes) => {
    expect((await send(messageAbout('a.b', {}, { body: bytes }))).outcome.kind).toBe('delivered')
    expect(body().events).toEqual([{ name: 'a_b', params: { engagement_time_msec: 1 } }])
  })

  it('has each field replaced by the mapping', async () => {
    const at = Date.now() - 60_000
    const mapped = {
      name: 'purchase',
      client_id: '1.2',
      user_id: null,
      params: { currency: 'EUR', value: 9.5, items: [{ item_id: 'a', price: 1 }], none: null },
      user_properties: { tier: 'gold' },
      timestamp: new Date(at).toISOString(),
    }
    await send(messageAbout('a', { user: { id: 'u1' } }, { mapped }))
    expect(body()).toEqual({
      client_id: '1.2',
      timestamp_micros: at * 1000,
      user_properties: { tier: { value: 'gold' } },
      events: [
        {
          name: 'purchase',
          params: { currency: 'EUR', value: 9.5, items: [{ item_id: 'a', price: 1 }] },
        },
      ],
    })
  })
})

describe('the limits of Google Analytics', () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]))

  it('cut texts', async () => {
    const long = 'x'.repeat(2000)
    const pages = { page_title: long, page_referrer: long, page_location: long }
    const params = { constructor: long, ...pages }
    await send(messageAbout('a', {}, { mapped: { params, user_properties: { a: long } } }))
    const lengths = Object.values<string>(body().events[0].params).map((text) => text.length)
    expect(lengths).toEqual([100, 300, 420, 1000])
    expect(body().user_properties.a.value).toHaveLength(36)
  })

  it('leave 25 parameters of an event that has more, and 25 mapped ones', async () => {
    await send(messageAbout('a', many(40)))
    await send(messageAbout('a', {}, { mapped: { params: many(25) } }))
    expect(Object.keys(body(0).events[0].params)).toHaveLength(25)
    expect(Object.keys(body(1).events[0].params)).toHaveLength(25)
  })

  it.each([
    ['name', { name: 'has space' }],
    ['name', { name: '1st' }],
    ['name', { name: 'n'.repeat(41) }],
    ['name', { name: 'session_start' }],
    ['name', { name: 'firebase_x' }],
    ['name', { name: ['a'] }],
    ['client_id', { client_id: null }],
    ['client_id', { client_id: 'x'.repeat(257) }],
    ['user_id', { user_id: 'x'.repeat(257) }],
    ['params', { params: 'x' }],
    ['params', { params: many(26) }],
    ['params.google_x', { params: { google_x: 1 } }],
    ['params.a-b', { params: { 'a-b': 1 } }],
    ['params.o', { params: { o: {} } }],
    ['params.items', { params: { items: [{ nested: {} }] } }],
    ['params.items', { params: { items: Array.from({ length: 201 }, () => ({})) } }],
    ['params', { params: { items: Array.from({ length: 200 }, () => many(100)) } }],
    ['user_properties', { user_properties: many(26) }],
    ['user_properties.user_id', { user_properties: { user_id: 'u' } }],
    ['user_properties.' + 'n'.repeat(25), { user_properties: { ['n'.repeat(25)]: 1 } }],
    ['timestamp', { timestamp: Date.now() - 73 * 3_600_000 }],
    ['timestamp', { timestamp: Date.now() + 3_600_000 }],
    ['timestamp', { timestamp: 'x' }],
  ])('leave dead what breaks them: %s', async (path, mapped) => {
    const report = await send(messageAbout('a', {}, { mapped }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}`)
    expect(receiver.received).toEqual([])
  })

  it('leave dead what happened more than 72 hours ago', async () => {
    const report = await send(messageAbout('a', {}, {}, Date.now() - 73 * 3_600_000))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain('mapping.timestamp')
  })

  it('let no clock be ahead of theirs', async () => {
    const before = Date.now()
    await send(messageAbout('a', {}, {}, before + 120_000))
    expect(body().timestamp_micros / 1000).toBeLessThan(before + 60_000)
  })
})

describe('debugging', () => {
  const complaint = { fieldPath: 'events', description: `Name is reserved (${api_secret}).` }

  it('asks strictly whether the event would do', async () => {
    receiver.answers({ body: '{"validationMessages":[]}' })
    expect((await send(undefined, { debug: true })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received[0]?.path).toMatch(/^\/debug\/mp\/collect\?/)
    expect(body().validation_behavior).toBe('ENFORCE_RECOMMENDATIONS')
  })

  it('says what Google has against it, without the secret', async () => {
    receiver.answers({ body: JSON.stringify({ validationMessages: [complaint] }) })
    const report = await send(undefined, { debug: true })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toBe('mapping: events: Name is reserved (••••).')
  })

  it.each(['', '[]', '{"validationMessages":3}', 'null'])(
    'takes %j for no complaint',
    async (said) => {
      receiver.answers({ body: said })
      expect((await send(undefined, { debug: true })).outcome).toEqual({ kind: 'delivered' })
    },
  )
})

it.each([
  [200, { kind: 'delivered' }],
  [204, { kind: 'delivered' }],
  [403, { kind: 'refused', cause: 'status' }],
  [413, { kind: 'refused', cause: 'status' }],
  [429, { kind: 'failed', cause: 'rate_limited' }],
  [503, { kind: 'failed', cause: 'status' }],
])('takes %i for %j', async (status, outcome) => {
  receiver.answers(status)
  expect((await send()).outcome).toEqual(outcome)
})

it.each([
  ['measurement_id', { measurement_id: 'UA-1' }],
  ['api_secret', { api_secret: 'a b' }],
  ['mapping', { mapping: { nmae: '"x"' } }],
])('refuses a config with a wrong %s', (path, wrong) => {
  expect(() => bound('google-analytics', { ...keys, ...wrong })).toThrow(path)
})

it('sends no parameters and no properties where the mapping says null', async () => {
  const mapped = { params: null, user_properties: null }
  const data = { user: { id: 'u', plan: 'pro' }, genre: 'x' }
  await send(messageAbout('video.generated', data, { mapped }))
  expect(body().events[0].params).toEqual({})
  expect(body()).not.toHaveProperty('user_properties')
})

it('does not show the secret as a form writes it', async () => {
  receiver.answers(({ path }) => ({ status: 500, body: path }))
  const report = await send(undefined, { api_secret: 'a!secret(of)~them' })
  expect(report.response_body).toContain('••••')
  expect(report.response_body).not.toContain('secret%28of')
})
