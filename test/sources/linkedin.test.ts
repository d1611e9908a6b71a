import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const social = (...ids: (number | string)[]) =>
  JSON.stringify({
    type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS',
    notifications: ids.map((notificationId) => ({ notificationId, action: 'COMMENT' })),
  })

const hex = (text: string, key: string) => createHmac('sha256', key).update(text).digest('hex')

/** As LinkedIn's documentation describes it; there is no library of LinkedIn's for this. */
const signed = (body: string, key = 'client secret') =>
  post(body, { 'X-LI-Signature': hex(`hmacsha256=${body}`, key) })

itIsASource({
  provider: 'linkedin',
  sign: (key) => signed(social(5603453321), key),
  secrets: ['client secret', 'another'],
  proofHeader: 'x-li-signature',
  malformed: ['A'.repeat(64), `hmacsha256=${'0'.repeat(64)}`, '0'.repeat(62), '0'.repeat(66)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', dedupeKey: '5603453321' },
})

const config = { secret: 'client secret', child_secrets: { 4711: 'child', 4712: ['new', 'old'] } }
const world = { nowMs }

it('refuses a signature of the body alone', async () => {
  const body = social(1)
  const request = post(body, { 'x-li-signature': hex(body, 'client secret') })
  const error = { reason: 'signature_mismatch' }
  expect(await verify('linkedin', request, config, world)).toEqual({ ok: false, error })
})

it.each(['child', 'new', 'old'])('accepts what the child secret %j signs', async (key) => {
  expect((await verify('linkedin', signed(social(1), key), config, world)).ok).toBe(true)
  const own = { secret: 'client secret' }
  expect((await verify('linkedin', signed(social(1), key), own, world)).ok).toBe(false)
})

const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)

it.each([
  ['one at the top', '{"type":"T","notificationId":"n1"}', 'T', 'n1'],
  ['several', social(1, 'b', 3), 'ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS', '1,b,3'],
  ['one that a number cannot hold', '{"type":"T","notificationId":9007199254740993}', 'T', digest],
  ['none', '{"type":"LEAD_ACTION","leadAction":"CREATED"}', 'LEAD_ACTION.CREATED', digest],
  ['no JSON', 'x', 'unknown', digest],
])('tells a body by its notification ids: %s', async (_case, body, type, dedupeKey) => {
  const result = await verify('linkedin', signed(body), config, world)
  expect(result).toEqual({ ok: true, value: { type, dedupeKey } })
})

describe('the check of the URL', () => {
  const code = '890e4665-4dfe-4ab1-b689-ed553bceeed0'
  const get = (query: string, method = 'GET') => ({
    method,
    url: `https://router.example/in/src_1?${query}`,
    headers: new Headers(),
    body: new Uint8Array(),
  })
  const asked = (query: string, method?: string) =>
    handshake('linkedin', get(query, method), config, world)

  it.each([
    ['', 'client secret'],
    ['&applicationId=4711', 'child'],
    ['&applicationId=4712', 'new'],
    ['&applicationId=1', 'client secret'],
    ['&applicationId=constructor', 'client secret'],
  ])('is answered with the HMAC of the code (%j)', async (more, key) => {
    const answer = await asked(`challengeCode=${code}${more}`)
    expect(answer?.status).toBe(200)
    expect(answer?.headers.get('content-type')).toMatch(/^application\/json/)
    const challengeResponse = hex(code, key)
    expect(await answer?.json()).toEqual({ challengeCode: code, challengeResponse })
  })

  it.each([`hmacsha256=${social(1)}`, 'hmacsha256=', 'a b', '', 'x'.repeat(201)])(
    'signs nothing but codes, least of all a forged event: %j',
    async (challengeCode) => {
      expect(await asked(new URLSearchParams({ challengeCode }).toString())).toBeNull()
    },
  )

  it('is a GET with a code', async () => {
    expect(await asked(`challengeCode=${code}`, 'POST')).toBeNull()
    expect(await asked('other=1')).toBeNull()
  })
})

it.each([{ 4711: '' }, { 4711: [] }, { '': 'x' }, { 'a b': 'x' }])(
  'refuses %j as child secrets',
  (child_secrets) => {
    expect(bindSource('linkedin', { secret: 'x', child_secrets }).ok).toBe(false)
  },
)
