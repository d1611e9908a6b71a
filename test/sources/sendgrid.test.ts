import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { EventWebhook } from '@sendgrid/eventwebhook'
import { describe, expect, it } from 'vitest'
import { toText, utf8 } from '../../src/signing/bytes.ts'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

function newKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  return { publicKey: text, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

const [first, second] = [newKeys(), newKeys()]

const bounce = '[{"event":"bounce","sg_event_id":"Ym91bmNl","email":"a@b.example"}]\r\n'

function signed(body: string, timeS: number | string = 1_700_000_000, keys = first) {
  const key = createPrivateKey(keys.privateKey)
  return post(body, {
    'content-type': 'application/json',
    'X-Twilio-Email-Event-Webhook-Timestamp': String(timeS),
    'X-Twilio-Email-Event-Webhook-Signature': sign('sha256', utf8(`${timeS}${body}`), key).toString(
      'base64',
    ),
  })
}

const signatureHeader = 'x-twilio-email-event-webhook-signature'
const config = { public_key: first.publicKey }
const ask = (request: ReturnType<typeof post>, more = {}) =>
  verify('sendgrid', request, { ...config, ...more }, { nowMs })

itIsASource({
  provider: 'sendgrid',
  sign: (key, timeS) => signed(bounce, timeS, key === first.publicKey ? first : second),
  secrets: [first.publicKey, second.publicKey],
  secretField: 'public_key',
  proofHeader: signatureHeader,
  signedHeaders: ['x-twilio-email-event-webhook-timestamp'],
  malformed: [
    Buffer.alloc(64, 1).toString('base64'),
    'MAYCAQECAQEA',
    'MAYCAQACAQE=',
    'MAYCAYACAQE=',
    'MAcCAgABAgEB',
    'MAYCAQECAQE',
    '3006020101020101',
  ],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'bounce', dedupeKey: 'Ym91bmNl' },
})

/** What SendGrid's own library thinks of a request. */
function sdk({ headers, body }: ReturnType<typeof post>, publicKey = first.publicKey): boolean {
  const webhook = new EventWebhook()
  const key = webhook.convertPublicKeyToECDSA(publicKey)
  const time = headers.get('x-twilio-email-event-webhook-timestamp') ?? ''
  return webhook.verifySignature(key, toText(body), headers.get(signatureHeader) ?? '', time)
}

describe("the examples of SendGrid's library", () => {
  const id = 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA'
  const body = `${JSON.stringify([
    {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: id,
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1600112492,
    },
  ])}\r\n`
  const public_key =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='
  const example = (text: string) =>
    post(text, {
      'X-Twilio-Email-Event-Webhook-Timestamp': '1600112502',
      'X-Twilio-Email-Event-Webhook-Signature':
        'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
    })
  const at = { nowMs: 1_600_112_502_000 }

  it('is accepted at its time', async () => {
    const result = await verify('sendgrid', example(body), { public_key }, at)
    expect(sdk(example(body), public_key)).toBe(true)
    expect(result).toEqual({ ok: true, value: { type: 'dropped', dedupeKey: id } })
  })

  it('is not without the line break at its end, and the refusal says what to look at', async () => {
    const request = example(body.trimEnd())
    expect(sdk(request, public_key)).toBe(false)
    const error = { reason: 'signature_mismatch' }
    expect(await verify('sendgrid', request, { public_key }, at)).toEqual({ ok: false, error })
    const rewritten = signed('{"event":"open"}')
    const changed = { ...rewritten, body: utf8('{ "event": "open" }') }
    const cause = { ...error, likely_cause: 'body_was_changed' }
    expect(await ask(changed)).toEqual({ ok: false, error: cause })
  })
})

describe("beside SendGrid's library", () => {
  it('agrees on what is genuine', async () => {
    for (const [request, genuine] of [
      [signed(bounce), true],
      [signed(bounce, 1_700_000_000, second), false],
      [{ ...signed(bounce), body: utf8('[]') }, false],
    ] as const) {
      expect(sdk(request)).toBe(genuine)
      expect((await ask(request)).ok).toBe(genuine)
    }
  })

  it.each([
    ['a tail of hex', (signature: string) => `${signature}00`],
    ['a line break', (signature: string) => `${signature.slice(0, 20)} ${signature.slice(20)}`],
  ])('is stricter about %s, which it believes', async (_case, change) => {
    // One whose base64 needs no padding, behind which more could be read.
    let request = signed(bounce)
    while (request.headers.get(signatureHeader)?.endsWith('=') !== true) request = signed(bounce)
    request.headers.set(signatureHeader, change(request.headers.get(signatureHeader)!))
    expect(sdk(request)).toBe(true)
    const error = { reason: 'malformed_header', header: signatureHeader }
    expect(await ask(request)).toEqual({ ok: false, error })
  })
})

it.each(['+1700000000', '1700000000.0', '', '17e8'])('refuses %j as a time', async (time) => {
  expect((await ask(signed(bounce, time))).ok).toBe(false)
})

const batch =
  '[{"event":"open","sg_event_id":"1","n":1.50},\r\n{"event":"click","sg_event_id":"2"}]\r\n'

describe('a batch', () => {
  const parts = (body: string, split: boolean) => {
    const bound = bindSource('sendgrid', { ...config, split })
    return bound.ok ? bound.value.parts(signed(body)) : null
  }

  it('is one event, of the type that all share', async () => {
    const of = (...events: string[]) =>
      ask(signed(JSON.stringify(events.map((event, i) => ({ event, sg_event_id: `${i}` })))))
    expect(await of('open', 'open')).toMatchObject({ value: { type: 'open' } })
    expect(await of('open', 'click')).toMatchObject({ value: { type: 'batch' } })
    expect(await of()).toMatchObject({ value: { type: 'unknown' } })
    expect(parts(batch, false)).toBeNull()
  })

  it('is known again by its ids, not by its bytes', async () => {
    const keyOf = async (body: string) => {
      const result = await ask(signed(body))
      return result.ok ? result.value.dedupeKey : null
    }
    expect(await keyOf(batch)).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await keyOf(batch.replace('1.50', '2'))).toBe(await keyOf(batch))
    expect(await keyOf(batch.replace('"2"', '"3"'))).not.toBe(await keyOf(batch))
  })

  it('is split into its elements, byte for byte, if asked', () => {
    const found = parts(batch, true) ?? []
    expect(found.map((part) => [part.type, part.dedupeKey, toText(part.body)])).toEqual([
      ['open', '1', '{"event":"open","sg_event_id":"1","n":1.50}'],
      ['click', '2', '{"event":"click","sg_event_id":"2"}'],
    ])
    expect(found.map(({ contentType }) => contentType)).toEqual(Array(2).fill('application/json'))
    expect(parts('[]', true)).toBeNull()
  })
})

it.each(['', 'junk', first.publicKey.slice(4), Buffer.alloc(91).toString('base64')])(
  'refuses %j as a public key',
  (public_key) => {
    expect(bindSource('sendgrid', { public_key }).ok).toBe(false)
  },
)
