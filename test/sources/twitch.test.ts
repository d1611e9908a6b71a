import { createHmac } from 'node:crypto'
import { EventSubMiddleware } from '@twurple/eventsub-http'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 's3cRe7-of-the-subscription'
const config = { secret }
const world = { nowMs }
const id = 'befa7b53-d79d-478f-86b9-120f112b044e'
const online =
  '{"subscription":{"id":"f1","status":"enabled","type":"stream.online","version":"1"},"event":{"id":"9","started_at":"2023-11-14T22:20:00Z"}}'
const ofSubscription = (status: string, more = '') =>
  `{${more}"subscription":{"id":"f1","status":"${status}","type":"stream.online","version":"1"}}`

const at = (timeS: number) => new Date(timeS * 1000 + 500).toISOString().replace('Z', '000000Z')

function signed(
  body = online,
  kind = 'notification',
  { key = secret, time = at(1_700_000_000), messageId = id } = {},
) {
  const digest = createHmac('sha256', key).update(`${messageId}${time}${body}`).digest('hex')
  return post(body, {
    'Twitch-Eventsub-Message-Id': messageId,
    'Twitch-Eventsub-Message-Timestamp': time,
    'Twitch-Eventsub-Message-Type': kind,
    'Twitch-Eventsub-Subscription-Type': 'stream.online',
    'Twitch-Eventsub-Message-Signature': `sha256=${digest}`,
  })
}

itIsASource({
  provider: 'twitch',
  sign: (key, timeS) => signed(online, 'notification', { key, time: at(timeS) }),
  secrets: [secret, 'another-secret'],
  proofHeader: 'twitch-eventsub-message-signature',
  signedHeaders: ['twitch-eventsub-message-id', 'twitch-eventsub-message-timestamp'],
  malformed: [
    'sha256=',
    '0'.repeat(64),
    `sha1=${'0'.repeat(40)}`,
    `sha256=${'A'.repeat(64)}`,
    `sha256=${'0'.repeat(64)},sha256=${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: 600,
  expected: { type: 'stream.online', dedupeKey: id },
})

const ask = (request: SourceRequest) => verify('twitch', request, config, world)

/** What the much used library Twurple thinks of a request's signature. */
function library({ headers, body }: SourceRequest): boolean {
  const check = Reflect.get(EventSubMiddleware.prototype, '_verifyData') as (
    ...values: string[]
  ) => boolean
  const names = ['id', 'timestamp', 'signature'].map((name) => `twitch-eventsub-message-${name}`)
  const [messageId, time, signature] = names.map((name) => headers.get(name) ?? '')
  return check.call({ _secret: secret }, messageId!, time!, toText(body), signature!)
}

describe('beside Twurple', () => {
  it.each([
    ['a genuine message', signed(), true],
    ['another secret', signed(online, 'notification', { key: 'another-secret' }), false],
    ['a changed body', { ...signed(), body: signed().body.slice(1) }, false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(library(request)).toBe(genuine)
    expect((await ask(request)).ok).toBe(genuine)
  })

  it('refuses an id that swallows the old time and the body up to another one', async () => {
    const [before = '', after = ''] = online.split('2023-11-14T22:20:00Z')
    const request = signed(online, 'notification', { time: '2023-01-01T00:00:00Z' })
    const forged = post(after, Object.fromEntries(request.headers))
    const written = '2023-11-14T22:20:00Z'
    const swallowed = `${id}2023-01-01T00:00:00Z${before}`
    forged.headers.set('twitch-eventsub-message-id', swallowed)
    forged.headers.set('twitch-eventsub-message-timestamp', written)
    expect(library(forged)).toBe(true)
    const error = { reason: 'malformed_header', header: 'twitch-eventsub-message-id' }
    expect(await ask(forged)).toEqual({ ok: false, error })
  })

  it.each([
    '2023-11-14 22:13:20Z',
    '2023-11-14T22:13:20',
    '1700000000',
    'Tue, 14 Nov 2023 22:13:20 GMT',
  ])('refuses the time %j, however well signed', async (time) => {
    const request = signed(online, 'notification', { time })
    expect(library(request)).toBe(true)
    const header = 'twitch-eventsub-message-timestamp'
    expect(await ask(request)).toEqual({
      ok: false,
      error: { reason: 'timestamp_malformed', header },
    })
  })
})

it('refuses a message without its id', async () => {
  const request = signed()
  request.headers.delete('twitch-eventsub-message-id')
  const error = { reason: 'missing_header', header: 'twitch-eventsub-message-id' }
  expect(await ask(request)).toEqual({ ok: false, error })
})

const verification = 'webhook_callback_verification'
const pending = ofSubscription(
  'webhook_callback_verification_pending',
  '"challenge":"pogchamp<b>",',
)

describe('the check of the URL', () => {
  it('is answered with the challenge alone, as text', async () => {
    const answer = await handshake('twitch', signed(pending, verification), config, world)
    expect(answer?.status).toBe(200)
    expect(await answer?.text()).toBe('pogchamp<b>')
    expect(answer?.headers.get('content-type')).toBe('text/plain')
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['without a proof', post(pending, { 'twitch-eventsub-message-type': verification })],
    ['with a wrong one', signed(pending, verification, { key: 'another-secret' })],
    ['too late', signed(pending, verification, { time: '2023-01-01T00:00:00Z' })],
    ['under another kind', signed(pending, 'notification')],
  ])('is not answered %s', async (_case, request) => {
    expect(await handshake('twitch', request, config, world)).toBeNull()
  })
})

describe('a revocation', () => {
  const bound = bindSource('twitch', config)
  const told = async (request: SourceRequest) =>
    bound.ok ? bound.value.handshake(request, world) : undefined

  it('is told with its reason, and answered', async () => {
    const answer = await told(signed(ofSubscription('authorization_revoked'), 'revocation'))
    expect(answer?.revoked).toBe('authorization_revoked')
    expect([answer?.response.status, answer?.response.body]).toEqual([204, null])
  })

  it.each([
    ['without its proof', post(ofSubscription('user_removed'), {})],
    [
      'with a wrong one',
      signed(ofSubscription('user_removed'), 'revocation', { key: 'another-secret' }),
    ],
    ['that is an event under another header, which nobody signed', signed(online, 'revocation')],
  ])('is not believed %s', async (_case, request) => {
    request.headers.set('twitch-eventsub-message-type', 'revocation')
    expect(await told(request)).toBeNull()
  })
})
