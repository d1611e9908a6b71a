import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"object_kind":"merge_request","object_attributes":{"iid":1,"action":"merge"}}'
const whsec = 'whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q='
const otherWhsec = 'whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q='
const key = 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f'
const event = { 'X-Gitlab-Event': 'Merge Request Hook' }
const expected = { type: 'Merge Request Hook.merge', dedupeKey: key }

const withToken = (token: string, more: Record<string, string> = { 'Idempotency-Key': key }) =>
  post(body, { ...event, 'X-Gitlab-Token': token, ...more })

const signed = (secret: string, timeS: number) =>
  post(body, {
    ...event,
    'webhook-id': key,
    'webhook-timestamp': String(timeS),
    'webhook-signature': new Webhook(secret).sign(key, new Date(timeS * 1000), body),
  })

itIsASource({
  provider: 'gitlab',
  sign: (secret) => withToken(secret),
  secrets: ['first', 'second'],
  proofHeader: 'x-gitlab-token',
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected,
})

itIsASource({
  provider: 'gitlab',
  sign: signed,
  secrets: [whsec, otherWhsec],
  config: { signing: 'standard-webhooks' },
  proofHeader: 'webhook-signature',
  malformed: ['v1,', 'v1,AAAA', 'v2,xxx garbage', 'v1'],
  signsBody: true,
  signedHeaders: ['webhook-id', 'webhook-timestamp'],
  toleranceS: 300,
  expected,
})

const ask = (request: ReturnType<typeof post>, config: unknown) =>
  verify('gitlab', request, config, { nowMs })

describe('the two proofs', () => {
  const standard = { signing: 'standard-webhooks', secret: whsec }

  it('does not take the token where a signature is asked for', async () => {
    const error = { reason: 'missing_header', header: 'webhook-signature' }
    expect(await ask(withToken(whsec), standard)).toEqual({ ok: false, error })
  })

  it('does not let a good token stand in for a bad signature', async () => {
    const request = signed(otherWhsec, 1_700_000_000)
    request.headers.set('x-gitlab-token', whsec)
    expect(await ask(request, standard)).toMatchObject({
      ok: false,
      error: { reason: 'signature_mismatch' },
    })
  })

  it('asks for the token unless told otherwise', async () => {
    const error = { reason: 'missing_header', header: 'x-gitlab-token' }
    expect(await ask(signed(whsec, 1_700_000_000), { secret: whsec })).toEqual({
      ok: false,
      error,
    })
    expect((await ask(withToken('a b'), { signing: 'token', secret: 'a b' })).ok).toBe(true)
  })

  it('refuses a signing token that is none, when it is saved', () => {
    const config = { signing: 'standard-webhooks', secret: 'no base64!' }
    expect(bindSource('gitlab', config).ok).toBe(false)
    expect(bindSource('gitlab', { signing: 'none', secret: 'x' }).ok).toBe(false)
    expect(bindSource('gitlab', { secret: 'x', tolerance_s: 5 }).ok).toBe(false)
  })

  it.each(['First', 'firs', 'first ', 'firstfirst'])('refuses the token %j', async (token) => {
    const request = withToken(token)
    // A header's value has no white space around it, so what comes with some is the same.
    expect((await ask(request, { secret: 'first' })).ok).toBe(token.trim() === 'first')
  })
})

it('tells an event from those that it set off, which share its UUID', async () => {
  const older = { 'X-Gitlab-Event-UUID': '13792a34' }
  const keyOf = async (text: string) => {
    const result = await ask(
      { ...withToken('first', older), body: post(text, {}).body },
      {
        secret: 'first',
      },
    )
    return result.ok ? result.value.dedupeKey : null
  }
  expect(await keyOf(body)).toMatch(/^13792a34:sha256:[0-9a-f]{64}$/)
  expect(await keyOf(body)).toBe(await keyOf(body))
  expect(await keyOf('{}')).not.toBe(await keyOf(body))
})

it('has no dedupe key where GitLab sends nothing to tell by', async () => {
  const value = { type: 'Merge Request Hook.merge', dedupeKey: null }
  expect(await ask(withToken('first', {}), { secret: 'first' })).toEqual({ ok: true, value })
})

it('names an event without an action by its header', async () => {
  const push = { ...withToken('first'), body: post('{"object_kind":"push"}', {}).body }
  push.headers.set('x-gitlab-event', 'Push Hook')
  expect(await ask(push, { secret: 'first' })).toMatchObject({ value: { type: 'Push Hook' } })
})

it('answers an event with an empty 200', () => {
  const bound = bindSource('gitlab', { secret: 'first' })
  const answer = bound.ok ? bound.value.accepted(withToken('first')) : null
  expect([answer?.status, answer?.body]).toEqual([200, null])
})
