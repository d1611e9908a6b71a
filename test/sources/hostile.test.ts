/** What no provider is safe from: requests that nobody in his right mind sends. */

import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/signing/bytes.ts'
import { bindSource, handshake, sources, verify } from '../../src/sources/index.ts'
import { nowMs, post } from './contract.ts'

const base64 = (bytes: number) => Buffer.alloc(bytes).toString('base64')
const spki = Buffer.concat([
  Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'),
  Buffer.alloc(64, 1),
]).toString('base64')
const encoded = { secret: 'c2VjcmV0' }

/** Of all that are not content with a secret. */
const configs: Record<string, object> = {
  'adyen-platform': { secret: '00ff' },
  'aws-sns': {},
  basic: { username: 'u', password: 'p' },
  clerk: encoded,
  discord: { public_key: '00'.repeat(32) },
  figma: { passcode: 'k' },
  hmac: { secret: 'k', algorithm: 'sha256', encoding: 'hex', header: 'x-s', signed: '{url}{body}' },
  none: {},
  paypal: { webhook_id: 'W' },
  postmark: { username: 'u', password: 'p' },
  resend: encoded,
  salesforce: { organization_id: '00D000000000062' },
  sendgrid: { public_key: spki },
  'standard-webhooks': encoded,
  svix: encoded,
  teams: encoded,
  telnyx: { public_key: base64(32) },
}
const providers = Object.keys(sources).map(
  (name) => [name, configs[name] ?? { secret: 'k' }] as const,
)

const world = { nowMs, fetch: async () => new Response(null, { status: 404 }) }

describe.each(providers)('%s', (provider, config) => {
  const bound = bindSource(provider, config)
  const proofs = bound.ok ? bound.value.proofHeaders.slice(0, 3) : []
  const unproved = ['none'].includes(provider)

  it.each([
    '',
    '/in/src_1?hub.mode=subscribe',
    'https://',
    'http://[',
    'https://router.example:99999/?challenge=a',
    'https://router.example/?challengeCode=%ff&validationToken=\ud800&jwt=%',
  ])('answers, and does not throw, called as %j', async (url) => {
    expect(bound.ok).toBe(true)
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
      const headers = Object.fromEntries(proofs.map((name) => [name, `${'A'.repeat(27)}=`]))
      const request = { ...post('a=1', headers), method, url }
      await handshake(provider, request, config, world)
      expect((await verify(provider, request, config, world)).ok).toBe(unproved)
    }
  })

  it('is done with a long body in a moment', async () => {
    const types = ['application/json', 'application/x-www-form-urlencoded']
    const bodies = ['ab&'.repeat(400_000), '['.repeat(500_000), '{"a":'.repeat(200_000)].map(utf8)
    for (const type of types) {
      for (const body of bodies) {
        const request = { ...post('', { 'content-type': type }), body }
        const startedAt = performance.now()
        await handshake(provider, request, config, world)
        await verify(provider, request, config, world)
        expect(performance.now() - startedAt).toBeLessThan(3000)
      }
    }
  })
})

describe('a form of very many fields without a value', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const many = post(`${'ab&'.repeat(800_000)}ssl_check=1&type=a%20b+c`, form)

  it('is read in a moment once it is proved', async () => {
    const request = { ...many, url: 'https://router.example/?secret=k' }
    const startedAt = performance.now()
    const verified = await verify('mailchimp', request, { secret: 'k' }, world)
    expect(verified).toMatchObject({ ok: true, value: { type: 'a b c' } })
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  it('is not read before', async () => {
    const startedAt = performance.now()
    expect(await handshake('slack', many, { secret: 'k' }, world)).toBeNull()
    expect(performance.now() - startedAt).toBeLessThan(300)
  })
})

it('refuses a signature of SNS, however long', async () => {
  const message = {
    Type: 'Notification',
    Message: 'm',
    MessageId: '1',
    Timestamp: 't',
    TopicArn: 'arn:aws:sns:us-east-1:1:t',
    Signature: 'A'.repeat(10_000_000),
    SignatureVersion: '1',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/a.pem',
  }
  const verified = await verify('aws-sns', post(JSON.stringify(message), {}), {}, world)
  expect(verified).toMatchObject({ ok: false, error: { reason: 'certificate_unavailable' } })
})
