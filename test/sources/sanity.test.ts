import { encodeSignatureHeader, isValidSignature } from '@sanity/webhook'
import { expect, it } from 'vitest'
import { sources, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"_id":"p1","_type":"post","title":"Ünïcode"}'
const about = { 'sanity-operation': 'update', 'idempotency-key': '3a5b' }

const signed = async (key: string, timeMs: number, content = body, more = {}) =>
  post(content, {
    'sanity-webhook-signature': await encodeSignatureHeader(content, timeMs, key),
    ...about,
    ...more,
  })

itIsASource({
  provider: 'sanity',
  sign: (key, timeS) => signed(key, timeS * 1000 + 500),
  secrets: ['first', 'second'],
  proofHeader: 'sanity-webhook-signature',
  malformed: [
    't=1700000000500',
    `v1=${'A'.repeat(43)}`,
    `t=1700000000500,v2=${'A'.repeat(43)}`,
    `t=1700000000500,v1=${'+'.repeat(42)}A`,
    `t=1700000000500,v1=${'A'.repeat(42)}`,
    `t=1700000000500,v1=${'A'.repeat(43)}=`,
  ],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'post.update', dedupeKey: '3a5b' },
})

const config = { secret: 'k' }
const world = { nowMs }

it("accepts the example of Sanity's own library, at its time", async () => {
  const header = 't=1633519811129,v1=tLa470fx7qkLLEcMOcEUFuBbRSkGujyskxrNXcoh0N0'
  const request = post('{"_id":"resume"}', { 'sanity-webhook-signature': header })
  expect(await isValidSignature('{"_id":"resume"}', header, 'test')).toBe(true)
  const result = await verify('sanity', request, { secret: 'test' }, { nowMs: 1_633_519_811_129 })
  expect(result).toEqual({ ok: true, value: { type: 'unknown', dedupeKey: null } })
})

it('is stricter about the time, which the library does not look at', async () => {
  const request = await signed('k', nowMs - 300_001)
  const header = request.headers.get('sanity-webhook-signature') ?? ''
  expect(await isValidSignature(body, header, 'k')).toBe(true)
  expect((await verify('sanity', request, config, world)).ok).toBe(false)
  const wider = { ...config, tolerance_s: 1800 }
  expect((await verify('sanity', request, wider, world)).ok).toBe(true)
})

it.each([
  ['what a projection leaves of it', '{"slug":"x"}', {}, 'update'],
  [
    'a document by its type, where the operation is not told',
    body,
    { 'sanity-operation': '' },
    'post',
  ],
  ['no JSON at all', 'null', {}, 'update'],
])('names %s', async (_case, content, more, type) => {
  const request = await signed('k', nowMs, content, more)
  expect(await verify('sanity', request, config, world)).toMatchObject({
    ok: true,
    value: { type },
  })
})

it('takes the methods that a webhook may be set to', () => {
  expect(sources.sanity.methods).toEqual(['POST', 'PUT', 'PATCH', 'DELETE'])
})
