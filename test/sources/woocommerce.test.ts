import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"id":727,"status":"processing","total":"29.35"}'

function signed(key: string, content = body) {
  return post(content, {
    'X-WC-Webhook-Signature': createHmac('sha256', key).update(content).digest('base64'),
    'X-WC-Webhook-Topic': 'order.updated',
    'X-WC-Webhook-Delivery-ID': 'b7e1d3c5',
  })
}

const digestOf = (content: string) => createHash('sha256').update(content).digest('hex')

itIsASource({
  provider: 'woocommerce',
  sign: (key) => signed(key),
  secrets: ['%lr#!7&', 'another'],
  proofHeader: 'x-wc-webhook-signature',
  malformed: ['A'.repeat(43), 'AAAA', 'no base64', '0'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'order.updated', dedupeKey: `b7e1d3c5:sha256:${digestOf(body)}` },
})

const world = { nowMs }

it('tells two deliveries of one second apart, which have one id', async () => {
  const other = '{"id":728}'
  const result = await verify('woocommerce', signed('k', other), { secret: 'k' }, world)
  const dedupeKey = `b7e1d3c5:sha256:${digestOf(other)}`
  expect(result).toMatchObject({ ok: true, value: { dedupeKey } })
})

describe('the secret', () => {
  it.each([
    ['a&amp;b', 'a&b'],
    ['&lt;&gt;&quot;&#039;', '<>"\''],
    ['&#38;&#0060;&#62;&#34;&#39;', '&<>"\''],
    ['&#x26;&#X0022;&#x27;', '&"\''],
    ['&amp;lt;', '&lt;'],
    ['&#x3c;&#x3e;&LT;&nbsp;&apos;&#65;&amp', '&#x3c;&#x3e;&LT;&nbsp;&apos;&#65;&amp'],
  ])('%s signs as %s, as WordPress decodes it', async (secret, key) => {
    expect((await verify('woocommerce', signed(key), { secret }, world)).ok).toBe(true)
    const isSame = secret === key
    expect((await verify('woocommerce', signed(secret), { secret }, world)).ok).toBe(isSame)
  })
})

describe('the ping', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
  const ping = post('webhook_id=12', form)
  const ask = (request = ping) => handshake('woocommerce', request, { secret: 'k' }, world)

  it('is answered with exactly 200, and is no event', async () => {
    const answer = await ask()
    expect([answer?.status, await answer?.text()]).toEqual([200, ''])
    expect((await verify('woocommerce', ping, { secret: 'k' }, world)).ok).toBe(false)
  })

  it.each([
    ['more fields', post('webhook_id=12&x=1', form)],
    ['no number', post('webhook_id=a', form)],
    ['nothing', post('', form)],
    ['a number without end', post(`webhook_id=${'1'.repeat(40)}`, form)],
    ['a line after it', post('webhook_id=12\n', form)],
    ['JSON', post('webhook_id=12', { 'content-type': 'application/json' })],
    ['no type', post('webhook_id=12', {})],
    ['a signature', post('webhook_id=12', { ...form, 'x-wc-webhook-signature': 'x' })],
    ['another method', { ...ping, method: 'PUT' }],
  ])('is not a request with %s', async (_case, request) => {
    expect(await ask(request)).toBeNull()
  })

  it('is nothing to a source of another provider', async () => {
    expect(await handshake('github', ping, { secret: 'k' }, world)).toBeNull()
  })
})

it('answers an event with 200', () => {
  const bound = bindSource('woocommerce', { secret: 'k' })
  expect(bound.ok && bound.value.accepted(signed('k'))?.status).toBe(200)
})
