import { createHmac } from 'node:crypto'
import Mux from '@mux/mux-node'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'SuperSecret123'
const body = '{"type":"video.asset.ready","id":"3a56ac3d","data":{},"attempts":[]}'

const digestOf = (key: string, timeS: number) =>
  createHmac('sha256', key).update(`${timeS}.${body}`).digest('hex')

const headerOf = (key: string, timeS: number) => `t=${timeS},v1=${digestOf(key, timeS)}`

itIsASource({
  provider: 'mux',
  sign: (key, timeS) => post(body, { 'Mux-Signature': headerOf(key, timeS) }),
  secrets: [secret, 'another'],
  proofHeader: 'mux-signature',
  malformed: [
    't=1700000000',
    `v1=${'0'.repeat(64)}`,
    `t=1700000000,v0=${'0'.repeat(64)}`,
    `t=1700000000,v1=${'A'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'video.asset.ready', dedupeKey: '3a56ac3d' },
})

beforeEach(() => {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** What Mux's own library thinks of it. */
async function mux(header: string): Promise<boolean> {
  const client = new Mux({ tokenId: 'x', tokenSecret: 'x', webhookSecret: secret })
  return client.webhooks.verifySignature(body, { 'mux-signature': header }).then(
    () => true,
    () => false,
  )
}

const ask = async (header: string) =>
  (await verify('mux', post(body, { 'mux-signature': header }), { secret }, { nowMs })).ok

const good = digestOf(secret, 1_700_000_000)

it.each([
  ['a genuine one', headerOf(secret, 1_700_000_000), true],
  ['one of another secret', headerOf('no', 1_700_000_000), false],
  ['a stale one', headerOf(secret, 1_699_999_699), false],
  ['two signatures, the second good', `t=1700000000,v1=${'0'.repeat(64)},v1=${good}`, true],
  ['the signature of another time', `t=1700000001,v1=${good}`, false],
])("agrees with Mux's own library on %s", async (_case, header, genuine) => {
  expect(await mux(header)).toBe(genuine)
  expect(await ask(header)).toBe(genuine)
})

it.each([
  ['a time to come', headerOf(secret, 1_700_000_301)],
  ['a time with a tail', `t=1700000000.5,v1=${good}`],
  ['two times', `t=1,t=1700000000,v1=${good}`],
])('is stricter on %s, which the library believes', async (_case, header) => {
  expect(await mux(header)).toBe(true)
  expect(await ask(header)).toBe(false)
})

it("accepts the example of the library's own tests, at its time", async () => {
  const request = post('{"test":"body"}', {
    'mux-signature':
      't=1565125718,v1=854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7',
  })
  const result = await verify('mux', request, { secret }, { nowMs: 1_565_125_718_000 })
  expect(result).toEqual({ ok: true, value: { type: 'unknown', dedupeKey: null } })
})
