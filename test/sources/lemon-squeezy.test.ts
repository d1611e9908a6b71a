import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"meta":{"event_name":"order_created"},"data":{"type":"orders","id":"1"}}'
const hmacOf = (text: string, key: string) => createHmac('sha256', key).update(text).digest('hex')

const signed = (secret: string) =>
  post(body, { 'X-Event-Name': 'order_created', 'X-Signature': hmacOf(body, secret) })

itIsASource({
  provider: 'lemon-squeezy',
  sign: signed,
  secrets: ['a-secret', 'another'],
  proofHeader: 'x-signature',
  malformed: ['no', 'sha256='.padEnd(71, '0'), 'A'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'order_created', dedupeKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
})

it('names the event by what is signed, not by a header that anybody could change', async () => {
  const request = signed('a-secret')
  request.headers.set('x-event-name', 'order_refunded')
  const result = await verify('lemon-squeezy', request, { secret: 'a-secret' }, { nowMs })
  expect(result).toMatchObject({ ok: true, value: { type: 'order_created' } })
})

it('is accepted with exactly 200', () => {
  const bound = bindSource('lemon-squeezy', { secret: 'a-secret' })
  expect(bound.ok && bound.value.accepted(signed('a-secret'))?.status).toBe(200)
})
