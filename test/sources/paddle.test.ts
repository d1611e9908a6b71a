import { createHmac } from 'node:crypto'
import { Paddle } from '@paddle/paddle-node-sdk'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'pdl_ntfset_01gkpjp8bkm3tm53kdgkx6sms7_x'
const body =
  '{"event_id":"evt_01","event_type":"transaction.completed","notification_id":"ntf_01","data":{}}'

const digestOf = (key: string, timeS: number) =>
  createHmac('sha256', key).update(`${timeS}:${body}`).digest('hex')

const headerOf = (key: string, timeS: number) => `ts=${timeS};h1=${digestOf(key, timeS)}`
const signed = (header: string) => post(body, { 'Paddle-Signature': header })

itIsASource({
  provider: 'paddle',
  sign: (key, timeS) => signed(headerOf(key, timeS)),
  secrets: [secret, 'pdl_ntfset_another'],
  proofHeader: 'paddle-signature',
  malformed: [
    'ts=1700000000',
    `h1=${'0'.repeat(64)}`,
    `ts=1700000000,h1=${'0'.repeat(64)}`,
    `ts=1700000000;h2=${'0'.repeat(64)}`,
    `ts=1700000000;h1=${'A'.repeat(64)}`,
    `ts=1700000000;ts=1700000000;h1=${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 5,
  expected: { type: 'transaction.completed', dedupeKey: 'evt_01' },
})

beforeEach(() => {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const paddle = (header: string) =>
  new Paddle('x').webhooks.isSignatureValid(body, secret, header).catch(() => false)

const ask = async (header: string, config = {}) =>
  (await verify('paddle', signed(header), { secret, ...config }, { nowMs })).ok

const good = digestOf(secret, 1_700_000_000)

it.each([
  ['a genuine one', headerOf(secret, 1_700_000_000), true],
  ['one of another secret', headerOf('no', 1_700_000_000), false],
  ['a stale one', headerOf(secret, 1_699_999_994), false],
  ['a rotation, the second good', `ts=1700000000;h1=${'0'.repeat(64)};h1=${good}`, true],
])("agrees with Paddle's own library on %s", async (_case, header, genuine) => {
  expect(await paddle(header)).toBe(genuine)
  expect(await ask(header)).toBe(genuine)
})

it('accepts a rotation whose first signature is the good one, where the library looks at the last', async () => {
  const header = `ts=1700000000;h1=${good};h1=${'0'.repeat(64)}`
  expect(await paddle(header)).toBe(false)
  expect(await ask(header)).toBe(true)
})

it.each([
  ['a time to come', headerOf(secret, 1_700_000_006)],
  ['a time with a tail', `ts=1700000000x;h1=${good}`],
])('is stricter on %s, which the library believes', async (_case, header) => {
  expect(await paddle(header)).toBe(true)
  expect(await ask(header)).toBe(false)
})

it('takes another tolerance', async () => {
  const header = headerOf(secret, 1_699_999_940)
  expect(await ask(header)).toBe(false)
  expect(await ask(header, { tolerance_s: 60 })).toBe(true)
})

it('answers an event with 200', () => {
  const bound = bindSource('paddle', { secret })
  expect(bound.ok && bound.value.accepted(signed(''))?.status).toBe(200)
})
