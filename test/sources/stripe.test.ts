import { Stripe } from 'stripe'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const stripe = new Stripe('sk_test_x')
const payload = '{"id":"evt_1","object":"event","type":"invoice.paid"}'
const secret = 'whsec_test_secret'
const headerOf = (secret: string, timestamp: number, scheme = 'v1') =>
  stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp, scheme })

const digits = '654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543'

itIsASource({
  provider: 'stripe',
  sign: (secret, timeS) => post(payload, { 'Stripe-Signature': headerOf(secret, timeS) }),
  secrets: [secret, 'whsec_another'],
  proofHeader: 'stripe-signature',
  malformed: [
    't=1700000000',
    `v1=${digits}`,
    `t=1700000000,v0=${digits}`,
    `t=1700000000,v1=${digits.toUpperCase()}`,
    `t=1700000000,t=1700000000,v1=${digits}`,
    digits,
  ],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'invoice.paid', dedupeKey: 'evt_1' },
})

const ask = (signature: string, atMs = nowMs, config = {}) =>
  verify(
    'stripe',
    post(payload, { 'stripe-signature': signature }),
    { secret, ...config },
    { nowMs: atMs },
  )

it('accepts the published vector at its time', async () => {
  const request = post('{"id":"evt_1","object":"event"}', {
    'stripe-signature': `t=1492774577,v1=${digits}`,
  })
  const result = await verify('stripe', request, { secret }, { nowMs: 1_492_774_577_000 })
  expect(result).toEqual({ ok: true, value: { type: 'unknown', dedupeKey: 'evt_1' } })
})

it('accepts any of several signatures, as while a secret is rolled', async () => {
  const [, good] = headerOf(secret, 1_700_000_000).split(',')
  expect((await ask(`t=1700000000,v1=${digits},${good}`)).ok).toBe(true)
  expect((await ask(`t=1700000000,${good},v1=${digits}`)).ok).toBe(true)
  expect((await ask(`t=1700000000,${good},v2=what,v0=${digits}`)).ok).toBe(true)
})

it('refuses a good signature under the name of another scheme', async () => {
  expect((await ask(headerOf(secret, 1_700_000_000, 'v0'))).ok).toBe(false)
})

it.each([
  '+1700000000',
  '-1700000000',
  ' 1700000000',
  '1700000000 ',
  '1.7e9',
  '0x65',
  '',
  '1'.repeat(400),
])('refuses %j as a time', async (time) => {
  const [, good] = headerOf(secret, 1_700_000_000).split(',')
  const error = { reason: 'timestamp_malformed', header: 'stripe-signature' }
  expect(await ask(`t=${time},${good}`)).toEqual({ ok: false, error })
})

it('refuses another time with the signature of the first', async () => {
  const [, good] = headerOf(secret, 1_700_000_000).split(',')
  const error = { reason: 'signature_mismatch' }
  expect(await ask(`t=1700000001,${good}`)).toEqual({ ok: false, error })
})

it('takes the tolerance that the config names', async () => {
  const header = headerOf(secret, 1_700_000_000)
  expect((await ask(header, 1_700_000_010_000, { tolerance_s: 10 })).ok).toBe(true)
  expect((await ask(header, 1_700_000_011_000, { tolerance_s: 10 })).ok).toBe(false)
})

it("accepts what Stripe's own library makes of a thin event", async () => {
  const body =
    '{"id":"evt_2","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered"}'
  const header = stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret,
    timestamp: 1_700_000_000,
  })
  const result = await verify(
    'stripe',
    post(body, { 'stripe-signature': header }),
    { secret },
    { nowMs },
  )
  const value = { type: 'v1.billing.meter.error_report_triggered', dedupeKey: 'evt_2' }
  expect(result).toEqual({ ok: true, value })
})
