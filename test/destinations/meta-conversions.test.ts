import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, worldOf } from './fixtures.ts'

/** What is used of Meta's own SDK, which has no types. */
interface UserData {
  setEmails(values: string[]): UserData
  setPhones(values: string[]): UserData
  setFirstNames(values: string[]): UserData
  setLastNames(values: string[]): UserData
  setGenders(values: string[]): UserData
  setCities(values: string[]): UserData
  setStates(values: string[]): UserData
  setZips(values: string[]): UserData
  setCountries(values: string[]): UserData
  setDatesOfBirth(values: string[]): UserData
  setClientIpAddress(value: string): UserData
  setClientUserAgent(value: string): UserData
  setFbp(value: string): UserData
  setFbc(value: string): UserData
}
interface ServerEvent {
  setEventName(value: string): ServerEvent
  setEventTime(value: number): ServerEvent
  setEventId(value: string): ServerEvent
  setEventSourceUrl(value: string): ServerEvent
  setActionSource(value: string): ServerEvent
  setUserData(value: UserData): ServerEvent
  normalize(): unknown
}
interface Sdk {
  UserData: new () => UserData
  ServerEvent: new () => ServerEvent
  ServerSideUtils: { normalizeAndHash(value: string, key: string): string | null }
}
const sdk = createRequire(import.meta.url)('facebook-nodejs-business-sdk') as Sdk // It has no types.

const access_token = 'EAASwitchyardToken0123456789'
const user = { id: 'u1', email: 'Jane@Example.com ', first_name: 'Jane', last_name: 'Doe' }
const success: AnswerSpec = { body: '{"events_received":1,"messages":[],"fbtrace_id":"A"}' }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

itIsADestination({
  type: 'meta-conversions',
  config: (base_url) => ({ base_url, pixel_id: '123', access_token }),
  secrets: [access_token],
  success,
  message: messageAbout('user.registered', { user }),
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(success)
})
afterEach(() => receiver.close())

const send = (message = messageAbout('user.registered', { user }), config: object = {}) =>
  bound('meta-conversions', {
    base_url: receiver.url,
    pixel_id: '123',
    access_token,
    ...config,
  }).send(message, addresseeOf(), worldOf())

const body = (at = 0) => JSON.parse(receiver.received[at]?.body.toString() ?? '')
const event = (at = 0) => body(at).data[0]

describe('the request', () => {
  it("holds what Meta's own SDK would send for the same event", async () => {
    const context = {
      ip: '203.0.113.9',
      user_agent: 'Mozilla/5.0',
      fbp: 'fb.1.1596403881668.1116446470',
      fbc: 'fb.1.1554763741205.AbCdEf',
      url: 'https://example.com/signup',
    }
    const more = {
      phone: '+49 (0)30 123-456',
      gender: 'Female',
      date_of_birth: '1990-05-16',
      address: { city: 'São Paulo', state: 'C.A.', zip: '94025-1234', country: 'US' },
    }
    const message = messageAbout('user.registered', { user: { ...user, ...more }, context })
    await send(message)
    const theirs = new sdk.ServerEvent()
      .setEventName('CompleteRegistration')
      .setEventTime(Math.floor(Date.parse(message.event.time) / 1000))
      .setEventId(message.event.id)
      .setEventSourceUrl(context.url)
      .setActionSource('website')
      .setUserData(
        new sdk.UserData()
          .setEmails([user.email])
          .setPhones([more.phone])
          .setFirstNames(['Jane'])
          .setLastNames(['Doe'])
          .setGenders([more.gender])
          .setDatesOfBirth(['19900516'])
          .setCities([more.address.city])
          .setStates([more.address.state])
          .setZips([more.address.zip])
          .setCountries([more.address.country])
          .setClientIpAddress(context.ip)
          .setClientUserAgent(context.user_agent)
          .setFbp(context.fbp)
          .setFbc(context.fbc),
      )
      .normalize()
    const { external_id, ...user_data } = event().user_data
    expect({ ...event(), user_data }).toEqual(theirs)
    expect(external_id).toEqual([sha256('u1')])
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/v24.0/123/events',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    })
  })

  it.each([
    ['user.registered', 'CompleteRegistration'],
    ['video.viewed', 'ViewContent'],
    ['order.paid', 'Purchase'],
    ['video.generated', 'VideoGenerated'],
    ['session.completed', 'SessionCompleted'],
    ['…', 'Event'],
    ['constructor', 'Constructor'],
  ])('names %s %s', async (type, name) => {
    await send(messageAbout(type, { user }))
    expect(event().event_name).toBe(name)
  })

  it('tells which video it was, and what was paid', async () => {
    const video = { id: 'v1', title: 'Hello', url: 'https://example.com/v/1' }
    await send(messageAbout('video.generated', { user, video, value: 9.5, currency: 'eur' }))
    expect(event()).toMatchObject({
      event_source_url: 'https://example.com/v/1',
      custom_data: { content_ids: ['v1'], content_name: 'Hello', value: 9.5, currency: 'EUR' },
    })
  })

  it('keeps its event_id over retries, and sends the code of a test', async () => {
    const message = messageAbout('user.registered', { user })
    await send(message, { test_event_code: 'TEST1' })
    await send({ ...message, attempt: 2 }, { test_event_code: 'TEST1' })
    expect(body(0)).toEqual(body(1))
    expect(body()).toMatchObject({
      test_event_code: 'TEST1',
      data: [{ event_id: message.event.id }],
    })
  })

  it('has each field replaced by the mapping', async () => {
    const seconds = Math.floor(Date.now() / 1000) - 60
    const mapped = {
      event_name: 'Lead',
      event_time: seconds,
      event_id: 'browser-1',
      event_source_url: 'https://example.com/x',
      user_data: { em: ['a@example.com', 'A@example.com', 'b@example.com'], fbp: 'fb.1', ph: null },
      custom_data: { value: 1 },
    }
    await send(messageAbout('a.b', {}, { mapped }), { action_source: 'email' })
    expect(event()).toEqual({
      ...mapped,
      action_source: 'email',
      user_data: { em: [sha256('a@example.com'), sha256('b@example.com')], fbp: 'fb.1' },
    })
  })

  it.each([
    ['user_data', {}, {}],
    ['user_data', {}, { title: 'nobody is in it' }],
    ['user_data', { user_data: 'jane' }],
    ['user_data.em', { user_data: { em: 'no address' } }],
    ['user_data.ph', { user_data: { ph: '12' } }],
    ['user_data.ge', { user_data: { ge: 'constructor' } }],
    ['user_data.email', { user_data: { email: 'a@example.com' } }],
    ['user_data.constructor', { user_data: { constructor: 'a' } }],
    ['event_time', { event_time: new Date(Date.now() - 8 * 86_400_000).toISOString() }],
    ['event_source_url', { event_source_url: 'no URL' }],
    ['custom_data', { custom_data: 1 }],
  ])('is dead where %s cannot be said: %j', async (path, mapped, data: object = { user }) => {
    const report = await send(messageAbout('a', data, { mapped }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}: `)
    expect(receiver.received).toEqual([])
  })

  it('never takes the id of a video for that of a person', async () => {
    const report = await send(messageAbout('video.generated', { id: 'v1', title: 'Hello' }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
  })

  it('takes what happened in a shop for 62 days', async () => {
    const message = messageAbout('user.registered', { user }, {}, Date.now() - 60 * 86_400_000)
    expect((await send(message)).outcome.kind).toBe('refused')
    expect((await send(message, { action_source: 'physical_store' })).outcome.kind).toBe(
      'delivered',
    )
  })
})

describe('hashes', () => {
  it.each([
    ['em', ' John_Smith@gmail.com '],
    ['ph', '1(650)555-1212'],
    ['ph', '+44 844 412 4653'],
    ['ph', '0049 30 1234567'],
    ['fn', 'Mary'],
    ['fn', '정'],
    ['fn', 'Valéry'],
    ['ln', 'van der Berg'],
    ['ge', 'Male'],
    ['ct', 'New York'],
    ['ct', "St. John's"],
    ['st', 'CA'],
    ['st', 'North Rhine-Westphalia'],
    ['zp', '37201-5678'],
    ['zp', 'M1 1AE'],
    ['country', 'US'],
    ['em', sha256('a@example.com')],
  ])("%s %j as Meta's own SDK does", async (key, value) => {
    await send(messageAbout('a', {}, { mapped: { user_data: { [key]: value } } }))
    // The SDK leaves an apostrophe where Meta's page says "no punctuation".
    const given = key === 'ct' ? value.replace("'", '') : value
    expect(event().user_data[key]).toEqual([sdk.ServerSideUtils.normalizeAndHash(given, key)])
  })

  it.each([
    [
      'em',
      'John_Smith@gmail.com',
      '62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f',
    ],
    ['ph', '1 (650) 555-1212', 'e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176'],
    ['fn', 'Mary', '6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec'],
    ['fn', '정', '8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14'],
    ['fn', 'Valéry', '08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c'],
  ])("%s %j as Meta's page does", async (key, value, hash) => {
    await send(messageAbout('a', {}, { mapped: { user_data: { [key]: value } } }))
    expect(event().user_data[key]).toEqual([hash])
  })

  it.each([
    ['fn', "D'Arcy", 'darcy'],
    ['db', '1990-05-16', '19900516'],
    ['db', '19900516', '19900516'],
    ['external_id', ' User-7 ', 'User-7'],
    ['external_id', 7, '7'],
  ])("%s %j by Meta's table where the SDK leaves it alone", async (key, value, normal) => {
    await send(messageAbout('a', {}, { mapped: { user_data: { [key]: value } } }))
    expect(event().user_data[key]).toEqual([sha256(normal)])
  })
})

describe('what an answer means', () => {
  const limited = { kind: 'failed', cause: 'rate_limited' }
  const failed = { kind: 'failed', cause: 'status' }
  const refused = { kind: 'refused', cause: 'status' }
  const credentials = { kind: 'refused', cause: 'credentials' }
  const error = (status: number, code: number, more: object = {}, headers = {}): AnswerSpec => ({
    status,
    headers,
    body: JSON.stringify({ error: { message: 'no', code, ...more } }),
  })
  const usage = (...minutes: number[]) => ({
    'x-business-use-case-usage': JSON.stringify({
      '1': minutes.map((estimated_time_to_regain_access) => ({ estimated_time_to_regain_access })),
    }),
  })
  it.each<[string, AnswerSpec, object]>([
    ['one event received', success, { kind: 'delivered' }],
    ['none received', { body: '{"events_received":0}' }, failed],
    ['no JSON', { body: 'ok' }, failed],
    ['an error with 200', error(200, 100), refused],
    ['100', error(400, 100), refused],
    ['190', error(400, 190), credentials],
    ['190 with 401', error(401, 190), credentials],
    ['10', error(403, 10), credentials],
    ['200', error(403, 200), credentials],
    ['1', error(500, 1), failed],
    ['2', error(503, 2), failed],
    ['2 with 400', error(400, 2), failed],
    ['transient', error(400, 1234, { is_transient: true }), failed],
    ['not transient', error(400, 1234, { is_transient: false }), refused],
    ...[4, 17, 32, 341, 613, 80_004].map((code): [string, AnswerSpec, object] => [
      String(code),
      error(400, code),
      limited,
    ]),
    [
      'a wait in minutes',
      error(400, 80_004, {}, usage(0, 3, 2)),
      { ...limited, retry_after_ms: 180_000 },
    ],
    ['no wait', error(400, 17, {}, usage(0)), limited],
    ['no JSON in the header', error(400, 4, {}, { 'x-business-use-case-usage': '{' }), limited],
  ])('%s', async (_, answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
  })
})

it('sends no custom data where the mapping says null', async () => {
  const data = { user, value: 1, currency: 'eur' }
  await send(messageAbout('order.paid', data, { mapped: { custom_data: null } }))
  expect(event()).not.toHaveProperty('custom_data')
})

it('takes no longer for an address that is made to be hard to read', async () => {
  const email = `a@${'.'.repeat(1_000_000)}@`
  const startedAt = performance.now()
  await send(messageAbout('user.registered', { user: { ...user, email } }))
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(event().user_data).not.toHaveProperty('em')
})

it('sends no half of a surrogate pair', async () => {
  await send(
    messageAbout('user.registered', { user }, { mapped: { custom_data: { a: '\uD800' } } }),
  )
  expect(event().custom_data).toEqual({ a: '\uFFFD' })
})
