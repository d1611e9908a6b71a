import { createHmac } from 'node:crypto'
import {
  AsymmetricAlgorithm,
  SymmetricAlgorithm,
  createQueryStringHash,
  decodeSymmetric,
  encodeSymmetric,
  fromMethodAndUrl,
} from 'atlassian-jwt'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyDigest } from '../../src/sources/payload.ts'
import { queryStringHashes } from '../../src/sources/schemes/query-string-hash.ts'
import { verify } from '../../src/sources/index.ts'
import { utf8 } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const nowS = Math.floor(nowMs / 1000)
const world = { nowMs }
const called = 'https://router.example/in/src_1'
const body = '{"timestamp":1700000000000,"webhookEvent":"jira:issue_updated","issue":{}}'
const config = { secret: 'shared' }

const qshOf = (method: string, url: string, base?: string) =>
  createQueryStringHash(fromMethodAndUrl(method, url), false, base)

const claims = (more: Record<string, unknown> = {}) => ({
  iss: 'jira:15489595',
  iat: nowS,
  exp: nowS + 180,
  qsh: qshOf('POST', called),
  ...more,
})

const bearing = (token: string, url = called) => ({
  ...post(body, { Authorization: `JWT ${token}` }),
  url,
})
const signed = (more: Record<string, unknown> = {}, key = 'shared', url = called) =>
  bearing(encodeSymmetric(claims(more), key), url)
const ask = (request: ReturnType<typeof post>, more: Record<string, unknown> = {}) =>
  verify('atlassian-connect', request, { ...config, ...more }, world)

itIsASource({
  provider: 'atlassian-connect',
  // Long enough for the contract's late arrival: what expires is tested below.
  sign: (secret, timeS) => signed({ exp: timeS + 10 ** 7 }, secret),
  secrets: ['first', 'second'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: [
    'JWT',
    'JWT a.b',
    'JWT a.b.c',
    'JWT a.b.c.d',
    `JWT .e30.${'A'.repeat(43)}`,
    `Bearer e30.e30.${'A'.repeat(43)}`,
    `JWT e30.e30.${'A'.repeat(43)}=`,
    `JWT e30.e30.${'A'.repeat(42)}B`,
  ],
  signsBody: false,
  signsUrl: true,
  toleranceS: null,
  expected: { type: 'jira:issue_updated', dedupeKey: bodyDigest(utf8(body)) },
})

it('refuses any change of any character of the token', async () => {
  const token = encodeSymmetric(claims(), 'shared')
  const property = fc.asyncProperty(
    fc.nat(),
    fc.integer({ min: 0x21, max: 0x7e }),
    async (n, code) => {
      const at = n % token.length
      const other = `${token.slice(0, at)}${String.fromCharCode(code)}${token.slice(at + 1)}`
      fc.pre(other !== token)
      expect((await ask(bearing(other))).ok).toBe(false)
    },
  )
  await fc.assert(property, { numRuns: 100 })
})

describe('the algorithm', () => {
  const forge = (header: object, key = 'shared', hash = 'sha256') => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${part(header)}.${part(claims())}`
    return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
  }

  it.each([
    ['HS384', encodeSymmetric(claims(), 'shared', SymmetricAlgorithm.HS384)],
    ['HS512', encodeSymmetric(claims(), 'shared', SymmetricAlgorithm.HS512)],
    ['none, signed all the same', forge({ typ: 'JWT', alg: 'none' })],
    ['RS256, signed with the secret', forge({ typ: 'JWT', alg: AsymmetricAlgorithm.RS256 })],
    ['HS512 in name alone', forge({ alg: 'HS512' })],
    ['a list', forge({ alg: ['HS256'] })],
    ['nothing', forge({ typ: 'JWT' })],
    ['no signature', forge({ alg: 'none' }).replace(/[^.]+$/, '')],
  ])('is not %s', async (_case, token) => {
    const error = { reason: 'malformed_header', header: 'authorization' }
    expect(await ask(bearing(token))).toEqual({ ok: false, error })
  })

  it('is HS256, as in a token made by hand', async () => {
    expect((await ask(bearing(forge({ alg: 'HS256' })))).ok).toBe(true)
  })
})

describe('the expiry', () => {
  it.each([
    ['a second ahead', nowS + 1, true],
    ['now', nowS, false],
    ['a second ago', nowS - 1, false],
  ])('%s', async (_case, exp, passes) => {
    expect((await ask(signed({ exp }))).ok).toBe(passes)
  })

  it('may be told to less than a second', async () => {
    expect((await ask(signed({ exp: nowS + 0.5 }))).ok).toBe(true)
    expect((await ask(signed({ exp: nowS - 0.5 }))).ok).toBe(false)
  })

  it('says by how much it was late', async () => {
    const error = {
      reason: 'timestamp_outside_tolerance',
      skew_s: 20,
      likely_cause: 'clock_skew',
    }
    expect(await ask(signed({ exp: nowS - 20 }))).toEqual({ ok: false, error })
  })

  it.each([['1700000180'], [null], [1e300], [{}], [true]])('is not %j', async (exp) => {
    const error = { reason: 'timestamp_malformed', header: 'authorization' }
    expect(await ask(signed({ exp }))).toEqual({ ok: false, error })
  })

  it('has to be there', async () => {
    const error = { reason: 'missing_field', field: 'exp' }
    expect(await ask(signed({ exp: undefined }))).toEqual({ ok: false, error })
  })
})

describe('the URL', () => {
  it.each([
    called,
    `${called}/`,
    `${called}?user_id=admin&user_key=admin`,
    `${called}?b=2&a=1&b=1&a=%2A`,
    `${called}?q=one+two%20three&empty=&bare&e=%C3%A9!'()*~-._`,
    `${called}?jwt=ignored&x=y`,
    'https://router.example/',
    'https://router.example',
    'https://router.example/in/a&b=c?x=y',
    'https://router.example/in/src%20_1',
  ])('%s is hashed as in the library', async (url) => {
    const qsh = qshOf('POST', url)
    expect(queryStringHashes('post', url, undefined)).toEqual([qsh])
    expect((await ask(signed({ qsh }, 'shared', url))).ok).toBe(true)
  })

  it('is hashed as the library does, whatever the query', () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 })
    const query = fc.array(fc.tuple(text, text), { maxLength: 6 })
    fc.assert(
      fc.property(query, (pairs) => {
        fc.pre(!pairs.some(([name]) => name === 'jwt' || name === '__proto__'))
        const url = `${called}?${new URLSearchParams(pairs).toString()}`
        expect(queryStringHashes('POST', url, undefined)).toEqual([qshOf('POST', url)])
      }),
    )
  })

  it('is not hashed where it is none', async () => {
    expect(queryStringHashes('POST', '/in/src_1', undefined)).toEqual([])
    expect((await ask(bearing(encodeSymmetric(claims(), 'shared'), 'https://'))).ok).toBe(false)
  })

  it.each(['a&', 'a=1&'])('is hashed in a moment, be it %j a hundred thousand times', (pair) => {
    const query = Array.from({ length: 100_000 }, (_, i) => `${i}${pair}`).join('')
    const startedAt = performance.now()
    expect(queryStringHashes('POST', `${called}?${query}`, undefined)).toHaveLength(1)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  it('fits the published vectors', () => {
    const hash = (path: string) => queryStringHashes('GET', `https://example.com${path}`, undefined)
    expect(hash('/')).toEqual(['c88caad15a1c1a900b8ac08aa9686f4e8184539bea1deda36e2f649430df3239'])
    expect(hash('/path')).toEqual([
      '799be84a7fa35570087163c0cd9af3abff7ac05c2c12ba0bb1d7eebc984b3ac2',
    ])
    expect(hash('/something?simple=key&another=one')).toEqual([
      'fc039e8c582c0ee90af182a3d29f37ecf1cb368f37b73d5fbd6c5bb66482dda9',
    ])
  })

  it("leaves out the path of the app's base URL", async () => {
    const base = 'https://public.example/connect'
    const url = 'https://router.example/connect/hook?x=1'
    const request = signed({ qsh: qshOf('POST', url, base) }, 'shared', url)
    expect((await ask(request, { url: base })).ok).toBe(true)
    expect((await ask(request, { url: `${base}/` })).ok).toBe(true)
    expect((await ask(request)).ok).toBe(false)
    // Only whole segments: `/con` is not where the app lives.
    expect((await ask(request, { url: 'https://public.example/con' })).ok).toBe(false)
  })

  it('may be the public one, where a proxy calls another', async () => {
    const url = 'https://public.example/hooks/jira'
    const qsh = qshOf('POST', `${url}?user_id=1`)
    const request = signed({ qsh }, 'shared', `${called}?user_id=1`)
    expect((await ask(request, { url })).ok).toBe(true)
    expect((await ask(request)).ok).toBe(false)
  })

  it.each([
    ['of another method', qshOf('GET', called)],
    ['of another path', qshOf('POST', `${called}0`)],
    ['of another query', qshOf('POST', `${called}?x=1`)],
    ['of no URL, as pages use it', 'context-qsh'],
    ['in capitals', qshOf('POST', called).toUpperCase()],
    ['with a tail', `${qshOf('POST', called)}0`],
  ])('is refused with a hash %s', async (_case, qsh) => {
    expect(await ask(signed({ qsh }))).toMatchObject({
      ok: false,
      error: { reason: 'signature_mismatch' },
    })
  })

  it.each([[undefined], [null], [''], [1], [['x']]])('has to be claimed, not %j', async (qsh) => {
    const error = { reason: 'missing_field', field: 'qsh' }
    expect(await ask(signed({ qsh }))).toEqual({ ok: false, error })
  })

  it('is named where it is all that differs', async () => {
    const request = signed({}, 'shared', `${called}?added=by+a+proxy`)
    const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
    expect(await ask(request)).toEqual({ ok: false, error })
  })
})

it('believes one tenant where one is configured', async () => {
  expect((await ask(signed(), { issuer: 'jira:15489595' })).ok).toBe(true)
  const error = { reason: 'credentials_mismatch' }
  expect(await ask(signed(), { issuer: 'jira:1' })).toEqual({ ok: false, error })
  expect(await ask(signed({ iss: undefined }), { issuer: 'jira:1' })).toEqual({ ok: false, error })
})

it('says that the secret is of another kind', async () => {
  const key = Buffer.from('shared').toString('base64')
  const error = { reason: 'signature_mismatch', likely_cause: 'secret_of_another_kind' }
  expect(await ask(signed(), { secret: key })).toEqual({ ok: false, error })
})

it('takes the scheme in any case, as the library knows none', async () => {
  const token = encodeSymmetric(claims(), 'shared')
  expect(decodeSymmetric(token, 'shared', SymmetricAlgorithm.HS256).iss).toBe('jira:15489595')
  expect((await ask(post(body, { Authorization: `jwt ${token}` }))).ok).toBe(true)
})

it('cannot tell a changed body, which is not signed', async () => {
  const changed = { ...signed(), body: utf8('{"webhookEvent":"jira:issue_deleted"}') }
  expect(await ask(changed)).toMatchObject({ ok: true, value: { type: 'jira:issue_deleted' } })
})

it("takes Atlassian's id of the delivery where there is one", async () => {
  const request = signed()
  request.headers.set('x-atlassian-webhook-identifier', 'id-1')
  expect(await ask(request)).toMatchObject({ ok: true, value: { dedupeKey: 'id-1' } })
})
