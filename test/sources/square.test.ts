import { createHmac } from 'node:crypto'
import { WebhooksHelper } from 'square'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'asdf1234'
const body =
  '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b","data":{}}'
const url = 'https://router.example/in/src_1'

const digestOf = (key: string, at = url) =>
  createHmac('sha256', key).update(`${at}${body}`).digest('base64')

const signed = (signature: string) => post(body, { 'x-square-hmacsha256-signature': signature })

itIsASource({
  provider: 'square',
  sign: (key) => signed(digestOf(key)),
  secrets: [secret, 'another'],
  proofHeader: 'x-square-hmacsha256-signature',
  malformed: ['A'.repeat(43), 'AAAA', 'no base64', '0'.repeat(64)],
  signsBody: true,
  signsUrl: true,
  toleranceS: null,
  expected: { type: 'webhooks.test_notification', dedupeKey: 'ac3ac95b' },
})

const ask = (signature: string, config = {}) =>
  verify('square', signed(signature), { secret, ...config }, { nowMs })

it.each([
  ['a genuine one', digestOf(secret), true],
  ['one of another secret', digestOf('no'), false],
  ['one of another URL', digestOf(secret, `${url}/`), false],
  ['one with a tail', `${digestOf(secret)}AA`, false],
])("agrees with Square's own library on %s", async (_case, signatureHeader, genuine) => {
  const asked = { requestBody: body, signatureHeader, signatureKey: secret, notificationUrl: url }
  expect(await WebhooksHelper.verifySignature(asked)).toBe(genuine)
  expect((await ask(signatureHeader)).ok).toBe(genuine)
})

it('takes the URL that the config names, and then no other', async () => {
  const config = { url: 'https://hooks.example/square' }
  expect((await ask(digestOf(secret, config.url), config)).ok).toBe(true)
  expect((await ask(digestOf(secret), config)).ok).toBe(false)
})

it('tells that another form of the URL was signed', async () => {
  const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
  expect(await ask(digestOf(secret, `${url}/`))).toEqual({ ok: false, error })
})

it.each([1, 2, 20])('does not take %i bytes of the body for the end of a URL', async (count) => {
  const at = `${url}?q=1`
  const headers = { 'x-square-hmacsha256-signature': digestOf(secret, at) }
  const check = (request: ReturnType<typeof post>, called: string) =>
    verify('square', { ...request, url: called }, { secret }, { nowMs })
  expect((await check(post(body, headers), at)).ok).toBe(true)
  const shifted = post(body.slice(count), headers)
  expect((await check(shifted, `${at}${body.slice(0, count)}`)).ok).toBe(false)
})
