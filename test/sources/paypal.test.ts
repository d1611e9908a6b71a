import { createVerify } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'
import * as vector from './paypal-vector.ts'
import { fetchOf, rsaSign, selfSigned } from './self-signed.ts'

const own = await selfSigned()
const certUrl = 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270'
const webhookId = '1JE4291016473214C'
const body =
  '{"id":"WH-58D329510W468432D-8HN650336L201105X","event_type":"PAYMENT.CAPTURE.COMPLETED"}'

interface Options {
  webhook?: string
  time?: string
  url?: string
  key?: string
}

function signed(text: string, options: Options = {}): SourceRequest {
  const { webhook = webhookId, time = '2023-11-14T22:13:20Z', url = certUrl } = options
  const id = '69cd13f0-d67a-11e5-baa3-778b53f4ae55'
  return post(text, {
    'content-type': 'application/json',
    'PAYPAL-TRANSMISSION-ID': id,
    'PAYPAL-TRANSMISSION-TIME': time,
    'PAYPAL-AUTH-ALGO': 'SHA256withRSA',
    'PAYPAL-CERT-URL': url,
    'PAYPAL-TRANSMISSION-SIG': rsaSign(
      options.key ?? own.private,
      `${id}|${time}|${webhook}|${crc32(text)}`,
    ),
  })
}

const fetch = fetchOf({ [certUrl]: () => new Response(own.cert) })
const ask = (request: SourceRequest, config = {}, world: object = {}) =>
  verify('paypal', request, { webhook_id: webhookId, ...config }, { nowMs, fetch, ...world })

const threeDaysS = 262_800

itIsASource({
  provider: 'paypal',
  sign: (webhook, timeS) =>
    signed(body, { webhook, time: new Date(timeS * 1000 + 500).toISOString() }),
  secrets: [webhookId, '0FV983392A0531201'],
  secretField: 'webhook_id',
  config: { certificate: own.cert },
  proofHeader: 'paypal-transmission-sig',
  signedHeaders: ['paypal-transmission-id', 'paypal-transmission-time'],
  malformed: ['A', 'not base64', 'AAAA='],
  signsBody: true,
  toleranceS: threeDaysS,
  expected: {
    type: 'PAYMENT.CAPTURE.COMPLETED',
    dedupeKey: 'WH-58D329510W468432D-8HN650336L201105X',
  },
})

describe("the webhook that PayPal's Java library is tested with", () => {
  const request = post(vector.body, vector.headers)
  const config = { webhook_id: vector.webhookId }
  const at = Date.parse('2019-08-29T10:50:00Z')
  const world = {
    nowMs: at,
    fetch: fetchOf({ [vector.headers['PAYPAL-CERT-URL']]: () => new Response(vector.certificate) }),
  }
  const value = {
    type: 'PAYMENTS.PAYMENT.CREATED',
    dedupeKey: 'WH-7MU294299R542214K-4N1831857K851783H',
  }

  it('is accepted, with the certificate of that day', async () => {
    expect(await verify('paypal', request, config, world)).toEqual({ ok: true, value })
    const pinned = { ...config, certificate: vector.certificate }
    expect(await verify('paypal', request, pinned, { nowMs: at })).toEqual({ ok: true, value })
  })

  it('is refused for another webhook, and for another body', async () => {
    const error = { reason: 'signature_mismatch' }
    const other = { webhook_id: 'NotToBeFound' }
    expect(await verify('paypal', request, other, world)).toEqual({ ok: false, error })
    const changed = post('{ something invalid }', vector.headers)
    expect(await verify('paypal', changed, config, world)).toEqual({ ok: false, error })
  })

  it('is refused today: its certificate has run out', async () => {
    const late = { ...config, tolerance_s: 604_800 }
    const result = await verify('paypal', request, late, { ...world, nowMs })
    expect(result).toMatchObject({ ok: false, error: { reason: 'certificate_invalid' } })
  })
})

it.each([
  'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
  'https://evil.example/v1/notifications/certs/CERT-1',
  'https://www.paypal.com/v1/notifications/certs/CERT-1',
  'http://api.paypal.com/v1/notifications/certs/CERT-1',
  'https://user@api.paypal.com/v1/notifications/certs/CERT-1',
  'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
  'https://api.paypal.com./v1/notifications/certs/CERT-1',
  'https://api.paypal.com/v1/notifications/certs/../other',
  'https://api.paypal.com/v1/notifications/certs/CERT-1?x',
  'https://api.paypal.com/v1/notifications/certs/CERT-1/../../x',
  'https://api.paypal.com/v1/notifications/certs/',
])('fetches no certificate from %j', async (url) => {
  const asked: string[] = []
  const result = await ask(signed(body, { url }), {}, { fetch: fetchOf({}, asked) })
  expect(result).toMatchObject({ ok: false, error: { reason: 'untrusted_url' } })
  expect(asked).toEqual([])
})

it("fetches the sandbox's certificate from the sandbox", async () => {
  const url = 'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1'
  const world = {
    fetch: fetchOf({ [url]: () => new Response(`${own.cert}\n${vector.certificate}`) }),
  }
  expect((await ask(signed(body, { url }), {}, world)).ok).toBe(true)
})

it.each([
  ['paypal-auth-algo', 'SHA1withRSA'],
  ['paypal-auth-algo', 'sha256withrsa'],
  ['paypal-auth-algo', 'none'],
])('refuses %s: %s', async (name, value) => {
  const request = signed(body)
  request.headers.set(name, value)
  const error = { reason: 'malformed_header', header: name }
  expect(await ask(request)).toEqual({ ok: false, error })
})

it.each(Object.keys(vector.headers).slice(1))('refuses a request without %s', async (name) => {
  const request = signed(body)
  request.headers.delete(name)
  const error = { reason: 'missing_header', header: name.toLowerCase() }
  expect(await ask(request)).toEqual({ ok: false, error })
})

it.each(['2023-11-14 22:13:20Z', '2023-11-14T22:13:20', '1700000000', 'now'])(
  'refuses %j as a time',
  async (time) => {
    const error = { reason: 'timestamp_malformed', header: 'paypal-transmission-time' }
    expect(await ask(signed(body, { time }))).toEqual({ ok: false, error })
  },
)

it('believes a retry of three days later, which carries the time of the first try', async () => {
  const later = { nowMs: nowMs + 3 * 86_400_000 }
  expect((await ask(signed(body), {}, later)).ok).toBe(true)
  expect((await ask(signed(body), { tolerance_s: 300 }, later)).ok).toBe(false)
})

it("has PayPal's own weakness: a body of the same checksum passes", async () => {
  // Four bytes are enough to bring any body to any checksum. Found by trying, for these two.
  const request = signed('plumless')
  const other = 'buckeroo'
  expect(crc32('plumless')).toBe(crc32(other))
  const forged = { ...request, body: new TextEncoder().encode(other) }
  const content = `69cd13f0-d67a-11e5-baa3-778b53f4ae55|2023-11-14T22:13:20Z|${webhookId}|${crc32(other)}`
  const signature = request.headers.get('paypal-transmission-sig')!
  expect(createVerify('RSA-SHA256').update(content).verify(own.cert, signature, 'base64')).toBe(
    true,
  )
  expect((await ask(forged)).ok).toBe(true)
})

it.each(['', 'a|b', 'a b', []])('is not configured with %j', (webhook_id) => {
  expect(bindSource('paypal', { webhook_id }).ok).toBe(false)
})
