import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import {
  newEd25519Secret,
  publicKeyText,
  signatureOf,
} from '../../src/signing/standard-webhooks.ts'
import { concat, utf8 } from '../../src/signing/bytes.ts'
import { verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const a = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const b = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const body = '{"type":"contact.created","data":{}}'

const headers = (signature: string, timeS = 1_700_000_000, family = 'webhook') => ({
  [`${family}-id`]: 'msg_1',
  [`${family}-timestamp`]: String(timeS),
  [`${family}-signature`]: signature,
})

const byLibrary = (secret: string, timeS: number) =>
  post(body, headers(new Webhook(secret).sign('msg_1', new Date(timeS * 1000), body), timeS))

const contract = {
  secrets: [a, b] as const,
  malformed: ['v1,', 'v1,AAAA', 'v2,xxx garbage', 'v1', `v1 ${'A'.repeat(43)}=`],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'contact.created', dedupeKey: 'msg_1' },
}

itIsASource({
  ...contract,
  provider: 'standard-webhooks',
  sign: byLibrary,
  proofHeader: 'webhook-signature',
})

itIsASource({
  ...contract,
  provider: 'svix',
  sign: (secret, timeS) =>
    post(
      body,
      headers(new SvixWebhook(secret).sign('msg_1', new Date(timeS * 1000), body), timeS, 'svix'),
    ),
  proofHeader: 'svix-signature',
})

const ask = (
  request: ReturnType<typeof post>,
  secret: unknown = a,
  provider = 'standard-webhooks',
) => verify(provider, request, { secret }, { nowMs })

const good = new Webhook(a).sign('msg_1', new Date(1_700_000_000_000), body)

describe('the signature header', () => {
  it('may hold other signatures and versions', async () => {
    const other = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
    expect((await ask(post(body, headers(`${other} v2,xxx garbage v1 ${good}`)))).ok).toBe(true)
  })

  it('is refused without its padding, as everything cut off is', async () => {
    expect((await ask(post(body, headers(good.replace('=', ''))))).ok).toBe(false)
  })
})

it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
  'refuses a request without %s',
  async (name) => {
    const request = post(body, headers(good))
    request.headers.delete(name)
    const error = { reason: 'missing_header', header: name }
    expect(await ask(request)).toEqual({ ok: false, error })
  },
)

it.each(['1700000000abc', '1700000000.5', '+1700000000', '1_700_000_000'])(
  'refuses the time %j',
  async (time) => {
    const request = post(body, { ...headers(good), 'webhook-timestamp': time })
    const error = { reason: 'timestamp_malformed', header: 'webhook-timestamp' }
    expect(await ask(request)).toEqual({ ok: false, error })
  },
)

it.each([
  ['standard-webhooks', 'svix'],
  ['svix', 'webhook'],
])('%s takes the %s-* names too', async (provider, family) => {
  const request = post(body, headers(good, 1_700_000_000, family))
  expect((await ask(request, a, provider)).ok).toBe(true)
})

it.each([
  ['standard-webhooks', 'webhook', 'svix'],
  ['svix', 'svix', 'webhook'],
])('%s believes %s-* where both are given', async (provider, own, other) => {
  const both = { ...headers(good, 1_700_000_000, own), ...headers('v1,x', 1, other) }
  expect((await ask(post(body, both), a, provider)).ok).toBe(true)
})

it('does not mix the two families of names', async () => {
  const mixed = { ...headers(good), 'svix-id': 'msg_2', 'webhook-id': '' }
  expect((await ask(post(body, mixed))).ok).toBe(false)
})

it('takes a secret without its prefix', async () => {
  expect((await ask(post(body, headers(good)), a.slice('whsec_'.length))).ok).toBe(true)
})

it('refuses an id that swallowed the time, so that the body can name another', async () => {
  const text = '1700000000.and more'
  const signature = new Webhook(a).sign('msg_1', new Date(1_600_000_000_000), text)
  const shifted = { ...headers(signature), 'webhook-id': 'msg_1.1600000000' }
  const error = { reason: 'malformed_header', header: 'webhook-id' }
  expect(await ask(post('and more', shifted))).toEqual({ ok: false, error })
})

it('checks bytes, not text', async () => {
  const bytes = Uint8Array.of(0xff, 0xfe, 0x00, 0x80)
  const signature = await signatureOf(a, 'msg_1', 1_700_000_000, bytes)
  expect((await ask(post(bytes, headers(signature!)))).ok).toBe(true)
  expect((await ask(post(concat(bytes, utf8(' ')), headers(signature!)))).ok).toBe(false)
})

describe('ed25519', () => {
  const secretOf = (fill: number) => newEd25519Secret(new Uint8Array(32).fill(fill))

  it('accepts v1a with the public key, or the private one', async () => {
    const secret = await secretOf(7)
    const signature = await signatureOf(secret, 'msg_1', 1_700_000_000, utf8(body))
    const request = post(body, headers(`v1,${'A'.repeat(43)}= ${signature}`))
    expect((await ask(request, await publicKeyText(secret))).ok).toBe(true)
    expect((await ask(request, [a, secret])).ok).toBe(true)
  })

  it('refuses another key, another body, and an HMAC where a key is configured', async () => {
    const secret = await secretOf(7)
    const signature = await signatureOf(secret, 'msg_1', 1_700_000_000, utf8(body))
    const key = await publicKeyText(secret)
    const error = { reason: 'signature_mismatch' }
    const otherKey = await publicKeyText(await secretOf(8))
    expect(await ask(post(body, headers(signature!)), otherKey)).toEqual({ ok: false, error })
    expect(await ask(post(`${body} `, headers(signature!)), key)).toEqual({ ok: false, error })
    expect(await ask(post(body, headers(good)), key)).toEqual({ ok: false, error })
  })
})
