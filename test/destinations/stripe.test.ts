import { Stripe } from 'stripe'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

const api_key = 'rk_test_51SwitchyardRestricted'
const data = { stripe_customer_id: 'cus_Q1', video: { id: 'v1' } }

itIsADestination({
  type: 'stripe',
  config: (base_url) => ({ base_url, api_key, action: 'meter_event' }),
  secrets: [api_key],
  message: messageAbout('video.generated', data),
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (message = messageAbout('video.generated', data), config: object = {}) =>
  bound('stripe', { base_url: receiver.url, api_key, action: 'meter_event', ...config }).send(
    message,
    addresseeOf(),
    worldOf(),
  )

const formOf = (at = 0) =>
  Object.fromEntries(new URLSearchParams(receiver.received[at]?.body.toString()))

/** What Stripe's own client sends for a call. */
async function sentBy(call: (client: Stripe) => Promise<unknown>) {
  const { hostname, port } = new URL(receiver.url)
  receiver.answers({ body: '{"object":"x"}', headers: { 'content-type': 'application/json' } })
  await call(
    new Stripe(api_key, { host: hostname, port: Number(port), protocol: 'http', telemetry: false }),
  )
  const last = receiver.received.length - 1
  const { method, path, headers } = receiver.received[last]!
  const names = ['authorization', 'content-type', 'idempotency-key', 'stripe-version']
  return {
    method,
    path,
    headers: names.map((name) => headers[name]?.replace(/;.*/, '')),
    form: formOf(last),
  }
}

describe('usage', () => {
  it("is the request of Stripe's own client", async () => {
    const message = messageAbout('video.generated', { ...data, value: 25 })
    const timestamp = Math.floor(Date.parse(message.event.time) / 1000)
    await send(message, { event_name: 'videos' })
    const { method, path, headers } = receiver.received[0]!
    const theirs = await sentBy((client) =>
      client.billing.meterEvents.create(
        {
          event_name: 'videos',
          identifier: message.deliveryId,
          timestamp,
          payload: { stripe_customer_id: 'cus_Q1', value: '25' },
        },
        { idempotencyKey: message.deliveryId },
      ),
    )
    expect(theirs).toEqual({
      method,
      path,
      headers: [
        headers['authorization'],
        headers['content-type'],
        headers['idempotency-key'],
        headers['stripe-version'],
      ],
      form: formOf(),
    })
    expect(theirs.path).toBe('/v1/billing/meter_events')
  })

  it('counts one, by the event type, where nothing is told', async () => {
    await send()
    expect(formOf()).toMatchObject({ event_name: 'video_generated', 'payload[value]': '1' })
  })

  it.each([
    ['at the top', { customer: 'cus_A' }, 'cus_A'],
    ['in the user', { user: { stripe_customer_id: 'cus_B' } }, 'cus_B'],
    ["in Stripe's own events", { data: { object: { customer: 'cus_C' } } }, 'cus_C'],
  ])('finds the customer %s', async (_, found, id) => {
    await send(messageAbout('a.b', found))
    expect(formOf()).toMatchObject({ 'payload[stripe_customer_id]': id })
  })

  it('has each field replaced by the mapping', async () => {
    const at = Date.now() - 60_000
    const mapped = {
      customer: 'cus_M',
      event_name: 'mapped',
      value: -3,
      payload: { region: 'eu', tokens: 7 },
      timestamp: at,
    }
    await send(messageAbout('a', {}, { mapped }))
    expect(formOf()).toEqual({
      event_name: 'mapped',
      identifier: messageOf().deliveryId,
      timestamp: String(Math.floor(at / 1000)),
      'payload[stripe_customer_id]': 'cus_M',
      'payload[value]': '-3',
      'payload[region]': 'eu',
      'payload[tokens]': '7',
    })
  })

  it('says the same again in a retry', async () => {
    const message = messageAbout('a', data)
    await send(message)
    await send({ ...message, attempt: 2 })
    expect(formOf(1)).toEqual(formOf(0))
    expect(receiver.received[1]?.headers['idempotency-key']).toBe(message.deliveryId)
  })

  const days = 86_400_000
  it.each([
    ['customer', { customer: '../v1/refunds' }],
    ['customer', {}, {}],
    ['value', { value: 1.5 }],
    ['value', { value: 'many' }],
    ['value', { value: null }],
    ['event_name', { event_name: 'x'.repeat(101) }],
    ['timestamp', { timestamp: Date.now() - 36 * days }],
    ['timestamp', { timestamp: Date.now() + 400_000 }],
    ['timestamp', { timestamp: 'soon' }],
    ['payload', { payload: [] }],
    ['payload.a[b]', { payload: { 'a[b]': 1 } }],
  ])('is dead where %s cannot be said: %j', async (path, mapped, own: object = data) => {
    const report = await send(messageAbout('a', own, { mapped }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}: `)
    expect(receiver.received).toEqual([])
  })
})

describe('a customer', () => {
  const update = { action: 'customer_update' }
  const user = { id: 'u1', email: 'jane@example.com', name: 'Jane Doe', phone: '+49 30 1' }

  it("is updated by the request of Stripe's own client", async () => {
    const message = messageAbout('user.updated', { user, stripe_customer_id: 'cus_Q1' })
    await send(message, update)
    const { method, path } = receiver.received[0]!
    const theirs = await sentBy((client) =>
      client.customers.update('cus_Q1', {
        name: 'Jane Doe',
        email: 'jane@example.com',
        phone: '+49 30 1',
        metadata: { last_event: 'user.updated', last_event_at: message.event.time },
      }),
    )
    expect(theirs).toMatchObject({ method, path, form: formOf() })
    expect(path).toBe('/v1/customers/cus_Q1')
  })

  it('loses only what the mapping empties', async () => {
    const mapped = { customer: 'cus_M', phone: null, metadata: { plan: 'pro', old: null } }
    await send(messageAbout('a.b', {}, { mapped }), update)
    expect(formOf()).toEqual({ phone: '', 'metadata[plan]': 'pro', 'metadata[old]': '' })
  })

  it('has texts cut, and what cannot be cut refused', async () => {
    const mapped = { customer: 'cus_M', name: 'n'.repeat(300), metadata: { a: 'm'.repeat(600) } }
    await send(messageAbout('a', {}, { mapped }), update)
    expect(formOf()['name']).toHaveLength(256)
    expect(formOf()['metadata[a]']).toHaveLength(500)
    const phone = await send(
      messageAbout('a', {}, { mapped: { ...mapped, phone: '1'.repeat(21) } }),
      update,
    )
    expect(phone.error).toContain('mapping.phone: ')
    const metadata = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 1]))
    const many = await send(messageAbout('a', {}, { mapped: { ...mapped, metadata } }), update)
    expect(many.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
  })
})

describe('what an answer means', () => {
  const refused = { kind: 'refused', cause: 'status' }
  const failed = { kind: 'failed', cause: 'status' }
  const error = (code: string, message = '') => JSON.stringify({ error: { code, message } })
  const should = (value: string) => ({ 'stripe-should-retry': value })
  const exists = 'An event already exists with identifier dlv_1.'
  it.each<[string, AnswerSpec, object]>([
    ['200', 200, { kind: 'delivered' }],
    ['a repeat', { status: 400, body: error('', exists) }, { kind: 'delivered' }],
    ['400', { status: 400, body: error('parameter_missing') }, refused],
    ['400 for another use of the key', { status: 400, body: error('idempotency_error') }, refused],
    ['401', 401, { kind: 'refused', cause: 'credentials' }],
    [
      '401, not again',
      { status: 401, headers: should('false') },
      { kind: 'refused', cause: 'credentials' },
    ],
    ['402', 402, refused],
    ['403', 403, { kind: 'refused', cause: 'credentials' }],
    ['404', 404, refused],
    ['409', 409, failed],
    ['409, not again', { status: 409, headers: should('false') }, refused],
    [
      '429',
      { status: 429, headers: { 'retry-after': '2' } },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 2000 },
    ],
    ['a lock', { status: 429, body: error('lock_timeout'), headers: should('true') }, failed],
    ['400, try again', { status: 400, headers: should('true') }, failed],
    ['500', 500, failed],
    ['500, not again', { status: 500, headers: should('false') }, refused],
  ])('%s', async (_, answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
  })
})

it('sends no metadata and no dimensions where the mapping says null', async () => {
  const message = messageAbout('user.updated', data, { mapped: { metadata: null, payload: null } })
  await send(message, { action: 'customer_update' })
  expect(Object.keys(formOf()).filter((name) => name.startsWith('metadata'))).toEqual([])
  expect((await send(message)).outcome).toEqual({ kind: 'delivered' })
})
