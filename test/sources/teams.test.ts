import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'rIVbH2n0sI5bLPyVYGSsKDzT8UxAR4uHFAQf6+Yo0C4='
const message =
  '{"type":"message","id":"1485983408511","text":"<at>Bot</at> käse","channelId":"msteams"}'

/** As Microsoft's sample signs: the token decoded, the digest encoded. */
const digestOf = (body: string, key: string) =>
  createHmac('sha256', Buffer.from(key, 'base64')).update(body, 'utf8').digest('base64')

const signed = (key: string) => post(message, { Authorization: `HMAC ${digestOf(message, key)}` })

itIsASource({
  provider: 'teams',
  sign: signed,
  secrets: [secret, 'b3RoZXIgc2VjcmV0IG9mIGFub3RoZXIgd2ViaG9vaw=='],
  proofHeader: 'authorization',
  malformed: [
    'HMAC',
    'HMAC AAAA',
    digestOf(message, secret),
    `Bearer ${digestOf(message, secret)}`,
    `HMAC  ${digestOf(message, secret)}`,
    `HMAC ${digestOf(message, secret).slice(0, -1)}`,
    `HMAC ${Buffer.from(digestOf(message, secret), 'base64').toString('hex')}`,
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'message', dedupeKey: '1485983408511' },
})

it('says so where the token was used as it is written', async () => {
  const digest = createHmac('sha256', secret).update(message).digest('base64')
  const result = await verify(
    'teams',
    post(message, { authorization: `HMAC ${digest}` }),
    { secret },
    { nowMs },
  )
  const error = { reason: 'signature_mismatch', likely_cause: 'secret_of_another_kind' }
  expect(result).toEqual({ ok: false, error })
})

it.each(['no base64!', '====', 'AAAAA', 'a-_b'])('refuses %j as a security token', (token) => {
  expect(bindSource('teams', { secret: token }).ok).toBe(false)
})

it('answers with a message, which is what Teams shows', async () => {
  const bound = bindSource('teams', { secret })
  const answer = bound.ok ? bound.value.accepted(signed(secret)) : null
  expect(answer?.status).toBe(200)
  expect(answer?.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await answer?.json()).toEqual({ type: 'message', text: expect.any(String) })
})
