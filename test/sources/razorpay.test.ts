import { createHmac } from 'node:crypto'
import Razorpay from 'razorpay'
import { expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"entity":"event","event":"payment.captured","payload":{"payment":{"entity":{}}}}'
const digestOf = (key: string) => createHmac('sha256', key).update(body).digest('hex')

const signed = (signature: string, more = {}) =>
  post(body, { 'X-Razorpay-Signature': signature, ...more })

itIsASource({
  provider: 'razorpay',
  sign: (key) => signed(digestOf(key), { 'X-Razorpay-Event-Id': 'HqvHoh4gvvz4RE' }),
  secrets: ['123456', 'another'],
  proofHeader: 'x-razorpay-signature',
  malformed: ['00', `sha256=${'0'.repeat(64)}`, 'A'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'payment.captured', dedupeKey: 'HqvHoh4gvvz4RE' },
})

it.each([
  ['a genuine one', digestOf('k'), true],
  ['one of another secret', digestOf('no'), false],
  ['one in upper case', digestOf('k').toUpperCase(), false],
  ['one with a tail', `${digestOf('k')}00`, false],
])("agrees with Razorpay's own library on %s", async (_case, signature, genuine) => {
  expect(Razorpay.validateWebhookSignature(body, signature, 'k')).toBe(genuine)
  expect((await verify('razorpay', signed(signature), { secret: 'k' }, { nowMs })).ok).toBe(genuine)
})
