import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body =
  '{"id":"1f0","attempt_number":1,"event":{"id":"249-46cb","type":"charge:confirmed","data":{}}}'

const signed = (key: string, content = body) =>
  post(content, {
    'X-CC-Webhook-Signature': createHmac('sha256', key).update(content).digest('hex'),
  })

itIsASource({
  provider: 'coinbase-commerce',
  sign: (key) => signed(key),
  secrets: ['30291a20-0bd1-4267-9b0f-e6e7b123c0bf', 'another'],
  proofHeader: 'x-cc-webhook-signature',
  malformed: [
    '00',
    `sha256=${'0'.repeat(64)}`,
    'A'.repeat(64),
    `${'0'.repeat(64)},${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'charge:confirmed', dedupeKey: '249-46cb' },
})

it("accepts the example of Coinbase's own library", async () => {
  const example =
    '{"id":1,"scheduled_for":"2017-01-31T20:50:02Z","attempt_number":1,"event":{"id":"24934862-d980-46cb-9402-43c81b0cdba6","type":"charge:created","api_version":"2018-03-22","created_at":"2017-01-31T20:49:02Z","data":{"code":"66BEOV2A","name":"The Sovereign Individual","description":"Mastering the Transition to the Information Age","hosted_url":"https://commerce.coinbase.com/charges/66BEOV2A","created_at":"2017-01-31T20:49:02Z","expires_at":"2017-01-31T21:04:02Z","timeline":[{"time":"2017-01-31T20:49:02Z","status":"NEW"}],"metadata":{},"pricing_type":"no_price","payments":[],"addresses":{"bitcoin":"0000000000000000000000000000000000","ethereum":"0x0000000000000000000000000000000000000000","litecoin":"3000000000000000000000000000000000","bitcoincash":"bitcoincash:000000000000000000000000000000000000000000"}}}}'
  const request = post(example, {
    'X-CC-Webhook-Signature': '8be7742c7d372f08a6a3224edadf18a22b65fa9e28f3f2de97376cdaa092590d',
  })
  const secret = '30291a20-0bd1-4267-9b0f-e6e7b123c0bf'
  const value = { type: 'charge:created', dedupeKey: '24934862-d980-46cb-9402-43c81b0cdba6' }
  expect(await verify('coinbase-commerce', request, { secret }, { nowMs })).toEqual({
    ok: true,
    value,
  })
  const wrong = { secret: `${secret.slice(0, -1)}g` }
  expect((await verify('coinbase-commerce', request, wrong, { nowMs })).ok).toBe(false)
})

it('tells a second attempt by the event, and not by the delivery', async () => {
  const again = signed('k', body.replace('"attempt_number":1', '"attempt_number":2'))
  const result = await verify('coinbase-commerce', again, { secret: 'k' }, { nowMs })
  expect(result).toMatchObject({ ok: true, value: { dedupeKey: '249-46cb' } })
})

it('answers an event with 200, for nothing else counts', () => {
  const bound = bindSource('coinbase-commerce', { secret: 'k' })
  expect(bound.ok && bound.value.accepted(signed('k'))?.status).toBe(200)
})
