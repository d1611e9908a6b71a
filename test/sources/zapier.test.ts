import { describe, expect, it } from 'vitest'
import { handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const config = { secret: 'zap-key' }
const body = '{"type":"contact.added","id":"c1"}'
const expected = { type: 'contact.added', dedupeKey: 'c1' }

itIsASource({
  provider: 'zapier',
  sign: (secret) => post(body, { 'x-api-key': secret }),
  secrets: [config.secret, 'another'],
  proofHeader: 'x-api-key',
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected,
})

itIsASource({
  provider: 'zapier',
  sign: (secret) => post(body, { authorization: `bearer ${secret}` }),
  secrets: [config.secret, 'another'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: ['zap-key', 'Bearer', 'Basic zap-key'],
  signsBody: false,
  toleranceS: null,
  expected,
})

it('does not fall back to another key than the one it is given', async () => {
  const request = post(body, { 'x-api-key': 'no', authorization: 'Bearer zap-key' })
  expect((await verify('zapier', request, config, world)).ok).toBe(false)
})

it.each([
  ['{"event":"e","id":17}', {}, 'e', '17'],
  ['{"type":"t","id":9007199254740993}', {}, 't', null],
  ['{"type":"t","id":"c1"}', { 'idempotency-key': 'k' }, 't', 'k'],
  ['type=t&id=c2', { 'content-type': 'application/x-www-form-urlencoded' }, 't', 'c2'],
  ['hello', {}, 'unknown', null],
])('reads %s with %j', async (text, headers, type, dedupeKey) => {
  const request = post(text, { 'x-api-key': 'zap-key', ...headers })
  const value = { type, dedupeKey }
  expect(await verify('zapier', request, config, world)).toEqual({ ok: true, value })
})

describe('the test of the connection', () => {
  const tested = (key: string, method = 'GET') => ({ ...post('', { 'x-api-key': key }), method })

  it('is answered where the key is right', async () => {
    const answer = await handshake('zapier', tested('zap-key'), config, world)
    expect(answer?.status).toBe(200)
    expect(await answer?.json()).toEqual({ ok: true })
  })

  it.each([tested('no'), tested('zap-key', 'HEAD'), { ...post('', {}), method: 'GET' }])(
    'is not answered otherwise',
    async (request) => {
      expect(await handshake('zapier', request, config, world)).toBeNull()
    },
  )
})
