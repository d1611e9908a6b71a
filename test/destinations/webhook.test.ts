import { createPublicKey, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Addressee, Message } from '../../src/destinations/destination.ts'
import { newEd25519Secret, publicKeyText } from '../../src/signing/standard-webhooks.ts'
import { startReceiver } from '../support/receiver.ts'
import type { Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, hmacSecret, messageOf, worldOf } from './fixtures.ts'

itIsADestination({
  type: 'webhook',
  config: (url) => ({
    url,
    headers: { 'X-Team': 'team-secret-value' },
    auth: { type: 'bearer', token: 'bearer-token-of-the-receiver' },
  }),
  secrets: ['team-secret-value', 'bearer-token-of-the-receiver', hmacSecret],
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (
  config: object = {},
  message: Partial<Message> = {},
  addressee: Partial<Addressee> = {},
  now = Date.now,
) =>
  bound('webhook', { url: `${receiver.url}/hook`, ...config }).send(
    messageOf(message),
    addresseeOf(addressee),
    worldOf({ now }),
  )

const arrived = () => {
  const [request] = receiver.received
  if (request === undefined) throw new Error('nothing came')
  return request
}

describe('what a receiver gets', () => {
  it('is a POST with the event and its place in the headers', async () => {
    await send({}, { attempt: 3, sequence: 7 }, {}, () => 1_795_168_800_999)
    expect(arrived()).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Switchyard/1',
        'accept-encoding': 'identity',
        'webhook-id': messageOf().event.id,
        'webhook-timestamp': '1795168800',
        'switchyard-event-type': 'video.generated',
        'switchyard-delivery': messageOf().deliveryId,
        'switchyard-attempt': '3',
        'switchyard-sequence': '7',
      },
    })
  })

  it('has no sequence and no content type where the message has none', async () => {
    await send({}, { contentType: null, sequence: null })
    expect(arrived().headers).not.toHaveProperty('switchyard-sequence')
    expect(arrived().headers).not.toHaveProperty('content-type')
  })

  const bodies: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['every byte', Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i))],
    ['text that is not UTF-8', Buffer.from([0x7b, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x7d])],
    ['a byte order mark', Buffer.from('\uFEFF{}')],
    ['duplicate keys and a long integer', Buffer.from('{ "b":1,"a":12345678901234567890,"b":2}')],
    ['200 KB', Buffer.alloc(200_000, 'x\r\n')],
    ['10 MB', Buffer.alloc(10_000_000, 'abc')],
  ]
  it.each(bodies)('is the very bytes: %s', async (_, body) => {
    const report = await send({}, { body })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(arrived().body.equals(body)).toBe(true)
    expect(arrived().headers['content-length']).toBe(String(body.length))
  })

  it.each(['PUT', 'PATCH'])('is a %s where the destination says so', async (method) => {
    await send({ method })
    expect(arrived().method).toBe(method)
  })

  it.each([
    ['größe.geändert', 'gr%C3%B6%C3%9Fe.ge%C3%A4ndert'],
    ['a\r\nx-evil: 1', 'a%0D%0Ax-evil:%201'],
    ['100%', '100%25'],
    ['half \uD800', 'half%20%EF%BF%BD'],
    ['orders/create', 'orders/create'],
  ])('tells the event type %j as %j', async (type, header) => {
    await send({}, { event: { ...messageOf().event, type } })
    expect(arrived().headers['switchyard-event-type']).toBe(header)
  })

  it('has no content type rather than one that no header can carry', async () => {
    expect((await send({}, { contentType: 'text/plain\r\nx: 1' })).outcome.kind).toBe('delivered')
    expect(arrived().headers).not.toHaveProperty('content-type')
  })
})

describe('its signature', () => {
  const signatures = () => arrived().headers['webhook-signature']?.split(' ') ?? []

  it('is one that the published library takes', async () => {
    await send()
    const { body, headers } = arrived()
    expect(new Webhook(hmacSecret).verify(body, headers)).toEqual(JSON.parse(body.toString()))
    const tampered = Buffer.from(body.toString().replace('1', '2'))
    expect(() => new Webhook(hmacSecret).verify(tampered, headers)).toThrow()
  })

  it('is over the bytes, not over their text', async () => {
    const other = Buffer.from([0x22, 0xff, 0x22])
    await send({}, { body: other })
    const { headers } = arrived()
    const at = new Date(Number(headers['webhook-timestamp']) * 1000)
    const library = new Webhook(hmacSecret).sign(headers['webhook-id'] ?? '', at, 'not this')
    expect(signatures()).not.toContain(library)
    expect(() => new Webhook(hmacSecret).verify(other, headers)).toThrow()
    expect(signatures()).toHaveLength(1)
  })

  it('comes once for each secret of a rotation, the current one first', async () => {
    const old = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
    await send({}, {}, { signingSecrets: [hmacSecret, old] })
    const { body, headers } = arrived()
    const [first = '', second = ''] = signatures()
    const withOnly = (signature: string) => ({ ...headers, 'webhook-signature': signature })
    expect(signatures()).toHaveLength(2)
    for (const secret of [hmacSecret, old]) new Webhook(secret).verify(body, headers)
    new Webhook(hmacSecret).verify(body, withOnly(first))
    new Webhook(old).verify(body, withOnly(second))
  })

  it('is Ed25519 for a whsk_ secret, and its public key verifies it', async () => {
    const secret = await newEd25519Secret(new Uint8Array(32).fill(7))
    await send({ signing: 'ed25519' }, {}, { signingSecrets: [secret] })
    const { body, headers } = arrived()
    const key = Buffer.from((await publicKeyText(secret))?.slice('whpk_'.length) ?? '', 'base64')
    const x = key.toString('base64url')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const content = Buffer.concat([
      Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`),
      body,
    ])
    const [version, signature = ''] = signatures()[0]?.split(',') ?? []
    expect(version).toBe('v1a')
    expect(verify(null, content, publicKey, Buffer.from(signature, 'base64'))).toBe(true)
  })

  it('is not there where the destination asks for none', async () => {
    await send({ signing: 'none' })
    expect(arrived().headers).not.toHaveProperty('webhook-signature')
  })

  it.each([[[]], [['not a secret!']]])(
    'is never left out for want of a key: %j',
    async (signingSecrets) => {
      const report = await send({}, {}, { signingSecrets })
      expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
      expect(receiver.received).toEqual([])
    },
  )
})

describe('what an answer means', () => {
  it.each([200, 201, 202, 204, 299])('%i is delivered', async (status) => {
    receiver.answers(status)
    expect(await send()).toMatchObject({ outcome: { kind: 'delivered' }, status })
  })

  it.each([400, 401, 403, 404, 408, 409, 418, 422, 425])('%i is tried again', async (status) => {
    receiver.answers(status)
    expect((await send()).outcome).toEqual({ kind: 'failed', cause: 'status' })
    expect(receiver.received).toHaveLength(1)
  })

  it('410 ends the delivery and disables the destination', async () => {
    receiver.answers(410)
    const report = await send()
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'gone', disable: true })
  })

  const now = Date.parse('2026-11-20T10:00:00.000Z')
  it.each([
    [429, undefined, { cause: 'rate_limited' }],
    [429, '7', { cause: 'rate_limited', retry_after_ms: 7000 }],
    [429, 'Fri, 20 Nov 2026 10:01:00 GMT', { cause: 'rate_limited', retry_after_ms: 60_000 }],
    [503, '2.5', { cause: 'status', retry_after_ms: 2500 }],
    [302, '9', { cause: 'status', retry_after_ms: 9000 }],
    [404, '9', { cause: 'status', retry_after_ms: 9000 }],
    [503, 'soon', { cause: 'status' }],
  ])('%i with Retry-After %j is a failure: %j', async (status, asked, outcome) => {
    receiver.answers({ status, headers: asked === undefined ? {} : { 'retry-after': asked } })
    const report = await send({}, {}, {}, () => now)
    expect(report.outcome).toEqual({ kind: 'failed', ...outcome })
  })

  it.each(['endless', 'trickle'] as const)('a 2xx counts though its body is %s', async (stream) => {
    receiver.answers({ status: 200, stream })
    const report = await send({}, {}, { timeoutMs: 1000 })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(report.response_truncated).toBe(true)
    await receiver.until(() => receiver.open() === 0)
  })
})

describe('the report', () => {
  it.each([
    [16_383, 16_383, undefined],
    [16_384, 16_384, undefined],
    [16_385, 16_384, true],
    [200_000, 16_384, true],
  ])('of an answer of %i bytes keeps %i', async (length, kept, truncated) => {
    receiver.answers({ body: 'a'.repeat(length) })
    const report = await send()
    expect(report.response_body).toHaveLength(kept)
    expect(report.response_truncated).toBe(truncated)
  })

  it('keeps a binary answer as readable text within 16 KiB', async () => {
    receiver.answers({ body: new Uint8Array(16_384).fill(0xff) })
    const { response_body = '' } = await send()
    expect(Buffer.byteLength(response_body)).toBeLessThanOrEqual(16_384)
    expect(new Set(response_body)).toEqual(new Set(['\uFFFD']))
  })

  it('holds the headers as sent, in lower case, with credentials masked', async () => {
    const report = await send({
      headers: { 'X-Key': 'abcdefghijkl', 'X-Pin': 'short' },
      auth: { type: 'basic', username: 'jane', password: 'p:w' },
    })
    expect(report.request_headers).toMatchObject({
      'x-key': '••••ijkl',
      'x-pin': '••••',
      authorization: 'Basic ••••',
      'webhook-id': messageOf().event.id,
      'webhook-signature': arrived().headers['webhook-signature'],
    })
    expect(arrived().headers).toMatchObject({ 'x-key': 'abcdefghijkl', 'x-pin': 'short' })
  })

  it('takes its duration from the clock that it is handed', async () => {
    let at = 1000
    const report = await send({}, {}, {}, () => (at += 250))
    expect(report.duration_ms % 250).toBe(0)
    expect(report.duration_ms).toBeGreaterThan(0)
  })
})

describe('credentials', () => {
  it.each([
    [
      'basic, in UTF-8',
      { type: 'basic', username: 'jane', password: 'pä:ss' },
      'authorization',
      `Basic ${Buffer.from('jane:pä:ss').toString('base64')}`,
    ],
    ['bearer', { type: 'bearer', token: 'abc' }, 'authorization', 'Bearer abc'],
    [
      'a header of its own',
      { type: 'header', name: 'X-Api-Key', value: 'k 1' },
      'x-api-key',
      'k 1',
    ],
  ])('%s', async (_, auth, name, value) => {
    await send({ auth })
    expect(arrived().headers[name]).toBe(value)
  })
})
