import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const config = { secret: 'first' }
const world = { nowMs }
const body =
  '{"type":"notification_event","id":"notif_1","topic":"contact.user.created","delivery_attempts":1}'
const signed = (key: string, text = body, algorithm = 'sha1') =>
  post(text, {
    'X-Hub-Signature': `${algorithm}=${createHmac(algorithm, key).update(text).digest('hex')}`,
  })

itIsASource({
  provider: 'intercom',
  sign: (secret) => signed(secret),
  secrets: ['first', 'second'],
  proofHeader: 'x-hub-signature',
  malformed: ['sha1=', `sha256=${'0'.repeat(40)}`, '0'.repeat(40), `sha1=${'A'.repeat(40)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'contact.user.created', dedupeKey: 'notif_1' },
})

it('answers a HEAD probe of the URL with 200, whoever asks', async () => {
  const probe = { ...post('', {}), method: 'HEAD' }
  const answer = await handshake('intercom', probe, config, world)
  expect([answer?.status, answer?.body]).toEqual([200, null])
})

it('takes a retry for the same event, though its body differs', async () => {
  const retry = signed('first', body.replace('"delivery_attempts":1', '"delivery_attempts":2'))
  const value = { type: 'contact.user.created', dedupeKey: 'notif_1' }
  expect(await verify('intercom', retry, config, world)).toEqual({ ok: true, value })
})

it('accepts a ping, which has no id', async () => {
  const ping = signed('first', '{"type":"notification_event","id":null,"topic":"ping"}')
  const value = { type: 'ping', dedupeKey: null }
  expect(await verify('intercom', ping, config, world)).toEqual({ ok: true, value })
})

it('does not take SHA-256 under the name of either', async () => {
  expect((await verify('intercom', signed('first', body, 'sha256'), config, world)).ok).toBe(false)
})
