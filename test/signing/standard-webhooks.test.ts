import { describe, expect, it } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { utf8 } from '../../src/signing/bytes.ts'
import {
  newEd25519Secret,
  newHmacSecret,
  parseSecret,
  publicKeyText,
  signatureOf,
  signingSecretProblem,
  verifyStandard,
} from '../../src/signing/standard-webhooks.ts'

const a = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ed =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const example = ['msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}'] as const

describe('published vectors', () => {
  it.each([
    [a, ...example, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    [
      'whsec_plJ3nmyCDGBKInavdOK15jsl',
      'msg_loFOjxBNrRLzqYUf',
      1731705121,
      '{"event_type":"ping","data":{"success":true}}',
      'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    ],
    [
      'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk',
      1649367553,
      '{"email":"test@example.com","username":"test_user"}',
      'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=',
    ],
    [
      ed,
      ...example,
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    ],
    [a, 'msg_1', 1700000000, '{"n":"Zoë 🚀"}', 'v1,8p33lYDArARAp/IoBxUVZBmMP9Rfls6dVxz9/u6i3U0='],
    [a, 'msg_1', 1700000000, '', 'v1,gSiPCGkMwgBPwtqun+0WQGJwP7wCS5MuBHUR5RLZhOo='],
  ])('%s signs %s', async (secret, id, timestamp, body, signature) => {
    expect(await signatureOf(secret, id, timestamp, utf8(body))).toBe(signature)
    const message = { id, timestamp: String(timestamp), signature, body: utf8(body) }
    expect(await verifyStandard([parseSecret(secret)!], message)).toBe('genuine')
    const other = { ...message, id: `${id}x` }
    expect(await verifyStandard([parseSecret(secret)!], other)).toBe('mismatch')
  })

  it('has the published public key', async () => {
    expect(await publicKeyText(ed)).toBe('whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=')
  })
})

it('signs what the published library verifies', async () => {
  const secret = newHmacSecret(new Uint8Array(24).fill(9))
  const seconds = Math.floor(Date.now() / 1000)
  const signature = await signatureOf(secret, 'evt_1', seconds, utf8('{"a":1}'))
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature!,
  }
  expect(new Webhook(secret).verify('{"a":1}', headers)).toEqual({ a: 1 })
})

describe('secrets', () => {
  it('are made as the specification writes them', async () => {
    expect(newHmacSecret(new Uint8Array(24))).toMatch(/^whsec_[A-Za-z0-9+/=]{32}$/)
    const secret = await newEd25519Secret(new Uint8Array(32).fill(1))
    expect(parseSecret(secret)).toMatchObject({ kind: 'ed25519', seed: new Uint8Array(32).fill(1) })
    expect(await publicKeyText(secret)).toMatch(/^whpk_/)
  })

  it.each([
    '',
    'whsec_',
    'whsk_',
    'whpk_',
    'hwsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    `v1,${a}`,
    `${a} `,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_',
    'whsk_AAAA',
    'whpk_AAAA',
  ])('%j is none', async (text) => {
    expect(parseSecret(text)).toBeNull()
    expect(await signatureOf(text, 'id', 1, utf8(''))).toBeNull()
    expect(await publicKeyText(text)).toBeNull()
  })

  it.each([
    [a, true],
    [ed, true],
    ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob', false],
    [newHmacSecret(new Uint8Array(23)), false],
    [newHmacSecret(new Uint8Array(75)), true],
    [newHmacSecret(new Uint8Array(76)), false],
    ['whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=', false],
    ['hwsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', false],
  ])('%s may sign: %j', (secret, may) => {
    expect(signingSecretProblem(secret) === null).toBe(may)
  })
})

it('answers a signature that is malformed, or under a key that is no key, without throwing', async () => {
  const message = { id: 'a', timestamp: '1', body: utf8('') }
  const noPoint = { kind: 'ed25519-public', publicKey: new Uint8Array(32).fill(255) } as const
  const v1a = `v1a,${'A'.repeat(86)}==`
  expect(await verifyStandard([noPoint], { ...message, signature: v1a })).toBe('mismatch')
  expect(await verifyStandard([], { ...message, signature: v1a })).toBe('mismatch')
  expect(await verifyStandard([noPoint], { ...message, signature: 'v1a,AAAA ,, v1' })).toBe(
    'malformed',
  )
})
