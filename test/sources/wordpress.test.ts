import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"post_id":1234,"post":{"post_title":"Hello"}}'
const dedupeKey = `sha256:${createHash('sha256').update(body).digest('hex')}`

const base64Of = (key: string, content: string) =>
  createHmac('sha256', key).update(content).digest('base64')

// As WP Webhooks sends it.
const signed = (key: string, content = body, more = {}) =>
  post(content, {
    'content-type': 'application/json; charset=UTF-8',
    'X-WP-Webhook-Source': 'https://shop.example/',
    'X-WP-Webhook-Name': 'post_create',
    'X-WP-Webhook-URL-Name': 'main',
    'X-WP-Webhook-Signature': base64Of(key, content),
    ...more,
  })

itIsASource({
  provider: 'wordpress',
  sign: (key) => signed(key),
  secrets: ['first', 'second'],
  proofHeader: 'x-wp-webhook-signature',
  malformed: ['AAAA', 'no base64', '0'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'post_create', dedupeKey },
})

const world = { nowMs }
const keyed = { auth: 'api-key', key: 'sesame' }

it('takes a plugin that signs in another way, with a time', async () => {
  const config = {
    secret: 'k',
    header: 'X-SOW-Signature',
    encoding: 'hex',
    prefix: 'sha256=',
    signed: '{timestamp}.{body}',
    timestamp_header: 'X-SOW-Timestamp',
    type: 'body:$.event.name',
    id: 'header:x-sow-delivery',
  }
  const sent = '{"event":{"name":"order.paid"}}'
  const signature = createHmac('sha256', 'k').update(`1700000000.${sent}`).digest('hex')
  const request = post(sent, {
    'x-sow-signature': `sha256=${signature}`,
    'x-sow-timestamp': '1700000000',
    'x-sow-delivery': 'd1',
  })
  const value = { type: 'order.paid', dedupeKey: 'd1' }
  expect(await verify('wordpress', request, config, world)).toEqual({ ok: true, value })
  const late = await verify('wordpress', request, config, { nowMs: nowMs + 301_000 })
  expect(late).toMatchObject({ ok: false, error: { reason: 'timestamp_outside_tolerance' } })
})

describe('a plugin that sends a key', () => {
  const ask = (headers: Record<string, string>, config: object = keyed) =>
    verify('wordpress', post(body, headers), config, world)

  it.each([
    ['the key', keyed, { 'x-api-key': 'sesame' }, true],
    ['another', keyed, { 'x-api-key': 'sesam' }, false],
    ['none', keyed, {}, false],
    [
      'a bearer token',
      { ...keyed, header: 'Authorization', prefix: 'Bearer ' },
      { authorization: 'Bearer sesame' },
      true,
    ],
    ['one of several', { ...keyed, key: ['new', 'sesame'] }, { 'x-api-key': 'sesame' }, true],
  ])('is asked for it: %s', async (_case, config, headers, genuine) => {
    expect((await ask(headers, config)).ok).toBe(genuine)
  })

  it('is not let in by a signature, nor one that signs by a key', async () => {
    expect((await verify('wordpress', signed('sesame'), keyed, world)).ok).toBe(false)
    expect((await ask({ 'x-api-key': 'k' }, { secret: 'k' })).ok).toBe(false)
  })
})

it.each([
  ['event', '{"event":"user_login","type":"x"}', 'application/json', 'user_login'],
  ['type', '{"type":"post.published"}', 'application/json', 'post.published'],
  ['action', 'action=save_post&id=7', 'application/x-www-form-urlencoded', 'save_post'],
  ['nothing', '[1]', 'application/json', 'unknown'],
])(
  'reads the type from %s of the body, where no header tells',
  async (_case, content, type, is) => {
    const request = post(content, { 'content-type': type, 'x-api-key': 'sesame' })
    expect(await verify('wordpress', request, keyed, world)).toMatchObject({
      ok: true,
      value: { type: is },
    })
  },
)

it('tells repeats by Idempotency-Key, where there is one', async () => {
  const request = signed('k', body, { 'idempotency-key': 'i1' })
  expect(await verify('wordpress', request, { secret: 'k' }, world)).toMatchObject({
    ok: true,
    value: { dedupeKey: 'i1' },
  })
})

it.each([
  ['no key', { auth: 'api-key' }, 'key'],
  ['an empty key', { auth: 'api-key', key: '' }, 'key'],
  ['a secret for a key', { auth: 'api-key', secret: 'k' }, 'key'],
  ['another kind', { auth: 'basic', secret: 'k' }, 'auth'],
  ['a time that is not signed', { secret: 'k', timestamp_header: 'x-time' }, 'timestamp_header'],
  ['a body that is not signed', { secret: 'k', signed: '{url}' }, 'signed'],
])('refuses a config with %s', (_case, config, path) => {
  const bound = bindSource('wordpress', config)
  expect(bound.ok ? [] : bound.error.map((issue) => issue.path)).toContain(path)
})

it('masks the header that the config names', () => {
  const bound = bindSource('wordpress', { secret: 'k', header: 'X-SOW-Signature' })
  expect(bound.ok && bound.value.proofHeaders).toContain('x-sow-signature')
})
