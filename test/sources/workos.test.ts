import { WorkOS } from '@workos-inc/node'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { utf8 } from '../../src/signing/bytes.ts'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const { webhooks } = new WorkOS('sk_test_x')
const secret = 'whsec_secret'
const body = '{"id":"event_01","event":"user.created","data":{"id":"user_01"}}'

const digestOf = (key: string, timeMs: number) => webhooks.computeSignature(timeMs, utf8(body), key)

const headerOf = async (key: string, timeMs: number) =>
  `t=${timeMs}, v1=${await digestOf(key, timeMs)}`

const signed = (header: string) => post(body, { 'WorkOS-Signature': header })

itIsASource({
  provider: 'workos',
  sign: async (key, timeS) => signed(await headerOf(key, timeS * 1000 + 500)),
  secrets: [secret, 'another'],
  proofHeader: 'workos-signature',
  malformed: [
    't=1700000000500',
    `v1=${'0'.repeat(64)}`,
    `t=1700000000500, v2=${'0'.repeat(64)}`,
    `t=1700000000500, v1=${'A'.repeat(64)}`,
    `t=1700000000500; v1=${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 180,
  expected: { type: 'user.created', dedupeKey: 'event_01' },
})

beforeEach(() => {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const workos = (sigHeader: string) =>
  webhooks.verifyHeader({ payload: utf8(body), sigHeader, secret }).catch(() => false)

const ask = async (header: string) =>
  (await verify('workos', signed(header), { secret }, { nowMs })).ok

it.each([
  ['a genuine one', headerOf(secret, nowMs), true],
  ['one of another secret', headerOf('no', nowMs), false],
  ['a stale one', headerOf(secret, nowMs - 180_001), false],
])("agrees with WorkOS's own library on %s", async (_case, promised, genuine) => {
  const header = await promised
  expect(await workos(header)).toBe(genuine)
  expect(await ask(header)).toBe(genuine)
})

it.each([
  ['a time to come', headerOf(secret, nowMs + 180_001)],
  ['other names', digestOf(secret, nowMs).then((digest) => `x=${nowMs},y=${digest}`)],
])('is stricter on %s, which the library believes', async (_case, promised) => {
  const header = await promised
  expect(await workos(header)).toBe(true)
  expect(await ask(header)).toBe(false)
})

it('does without the space, too', async () => {
  expect(await ask((await headerOf(secret, nowMs)).replace(', ', ','))).toBe(true)
})

it('answers an event with 200', () => {
  const bound = bindSource('workos', { secret })
  expect(bound.ok && bound.value.accepted(signed(''))?.status).toBe(200)
})
