import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { toBase64 } from '../../src/signing/encodings.ts'
import { utf8 } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"type":"post.published"}'
const world = { nowMs }
const credentials = (text: string) => toBase64(utf8(text))

itIsASource({
  provider: 'basic',
  config: { username: 'zoë' },
  secretField: 'password',
  sign: (password) =>
    post(body, {
      authorization: `Basic ${credentials(`zoë:${password}`)}`,
      'Idempotency-Key': 'k1',
    }),
  secrets: ['a:b:cd', 'pässwörd'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: ['Basic', 'Bearer abc', 'Basic no-colon', `Basic ${credentials('zoë')}`, 'Basic a b'],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'post.published', dedupeKey: 'k1' },
})

itIsASource({
  provider: 'api-key',
  secretField: 'key',
  sign: (key) => post(body, { 'x-api-key': key }),
  secrets: ['key-one', 'key-two'],
  proofHeader: 'x-api-key',
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'post.published', dedupeKey: null },
})

itIsASource({
  provider: 'api-key',
  config: { header: 'Authorization', prefix: 'Bearer ' },
  secretField: 'key',
  sign: (key) => post(body, { authorization: `bearer ${key}` }),
  secrets: ['key-one', 'key-two'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: ['key-one', 'Bearer', 'Basic key-one'],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'post.published', dedupeKey: null },
})

describe('api-key', () => {
  it('takes the key for a secret, under the name that others give it', async () => {
    const request = post(body, { 'x-api-key': 'two' })
    expect((await verify('api-key', request, { secret: ['one', 'two'] }, world)).ok).toBe(true)
    expect((await verify('api-key', request, { secret: 'one' }, world)).ok).toBe(false)
  })

  it.each([{}, { key: 'a', secret: 'b' }, { secret: '' }])('has one of them, not %j', (config) => {
    expect(bindSource('api-key', config).ok).toBe(false)
  })
})

describe('basic', () => {
  const config = { username: 'u', password: 'p' }
  it.each([
    ['BASIC', 'u:p', true],
    ['basic', 'u:p', true],
    ['Basic', 'u:P', false],
    ['Basic', 'U:p', false],
    ['Basic', 'u:p:', false],
    ['Basic', ':p', false],
    ['Basic', 'u:', false],
  ])('with %s and %s', async (scheme, pair, genuine) => {
    const request = post(body, { authorization: `${scheme} ${credentials(pair)}` })
    expect((await verify('basic', request, config, world)).ok).toBe(genuine)
  })

  it('refuses a user name with a colon, which no request could hold', () => {
    expect(bindSource('basic', { username: 'a:b', password: 'p' }).ok).toBe(false)
  })
})

describe('none', () => {
  it.each([
    ['{"type":"a.b"}', 'a.b'],
    ['{"event":"c"}', 'c'],
    ['{"type":5,"event":"c"}', 'c'],
    ['{"type":"","event":""}', 'unknown'],
    ['["type"]', 'unknown'],
    ['not json', 'unknown'],
    ['', 'unknown'],
    ['{"type":"a\\nb: c"}', 'unknown'],
    ['{"type":"a\\u2028b"}', 'unknown'],
    ['{"type":"\\ud800"}', 'unknown'],
    ['{"type":"\\ud83d\\ude00"}', '😀'],
    [`{"type":"${'x'.repeat(201)}"}`, 'unknown'],
  ])('reads the type of %j', async (text, type) => {
    const value = { type, dedupeKey: null }
    expect(await verify('none', post(text, {}), {}, world)).toEqual({ ok: true, value })
  })

  it('takes the idempotency key, and its digest where it is too long to keep', async () => {
    const keyOf = async (key: string) => {
      const result = await verify('none', post('', { 'idempotency-key': key }), {}, world)
      return result.ok ? result.value.dedupeKey : null
    }
    expect(await keyOf('k')).toBe('k')
    expect(await keyOf('k'.repeat(257))).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await keyOf('k'.repeat(258))).not.toBe(await keyOf('k'.repeat(257)))
  })

  it('has no config', () => {
    expect(bindSource('none', { secret: 'x' }).ok).toBe(false)
  })
})
