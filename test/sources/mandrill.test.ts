import { readdirSync, readFileSync } from 'node:fs'
import { makeSignature } from 'mandrill-webhook-validator'
import { describe, expect, it } from 'vitest'
import { toText } from '../../src/signing/bytes.ts'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'Y-D2ZZseFJBYf4R7KPQovA'
const at = 'https://router.example/in/src_1'
const config = { secret }

const send = '[{"event":"send","_id":"abc","ts":1365109999,"msg":{"subject":"a+b & ü/c"}}]'

interface Options {
  key?: string
  url?: string
  signature?: string
}

/** As Mandrill sends it, signed by the validator. */
function signed(fields: Record<string, string>, options: Options = {}): SourceRequest {
  const signature =
    options.signature ?? makeSignature(options.key ?? secret, options.url ?? at, fields)
  return post(new URLSearchParams(fields).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
    'X-Mandrill-Signature': signature,
  })
}

const events = (json: string, options: Options = {}) => signed({ mandrill_events: json }, options)
const ask = (request: SourceRequest, more = {}) =>
  verify('mandrill', request, { ...config, ...more }, { nowMs })

itIsASource({
  provider: 'mandrill',
  sign: (key) => events(send, { key }),
  secrets: [secret, 'another'],
  proofHeader: 'x-mandrill-signature',
  malformed: ['AAAA', '0'.repeat(40), `sha1=${'A'.repeat(27)}=`, 'A'.repeat(27)],
  signsBody: true,
  signsUrl: true,
  toleranceS: null,
  expected: { type: 'send', dedupeKey: 'abc:send:1365109999' },
})

const folder = 'node_modules/mandrill-webhook-validator/test/fixtures'
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name): { auth: string; body: Record<string, string> } =>
    JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')),
  )

it.each(fixtures)('accepts what Mandrill has sent: $auth', async ({ auth, body }) => {
  const url = 'http://maus.pw:3000/mandrill'
  const request = signed(body, { signature: auth })
  expect((await ask(request, { url })).ok).toBe(true)
  expect((await ask(request, { url: `${url}/` })).ok).toBe(false)
})

it('signs other fields too, by name', async () => {
  const request = signed({ b: '2', mandrill_events: send, a: '1' })
  expect((await ask(request)).ok).toBe(true)
  request.headers.set('x-mandrill-signature', makeSignature(secret, at, { mandrill_events: send }))
  expect((await ask(request)).ok).toBe(false)
})

describe('a form that decodes to the same fields', () => {
  const body = toText(events(send).body)
  it.each([
    ['in small hex digits', body.replace('%5B', '%5b')],
    ['with spaces', body.replace('+', ' ')],
    ['with an empty field', `${body}&`],
    ['with a field that has no value', `${body}&a`],
    ['with what is no UTF-8', body.replace('%C3%BC', '%FF')],
    ['with a lone percent sign', `${body}%`],
  ])('is refused %s', async (_case, other) => {
    expect(other).not.toBe(body)
    const request = { ...events(send), body: new TextEncoder().encode(other) }
    expect(await ask(request)).toMatchObject({ ok: false, error: { reason: 'signature_mismatch' } })
  })
})

it('names the URL as the cause where another form of it fits', async () => {
  const request = { ...events(send), url: `${at}/` }
  const error = { reason: 'signature_mismatch', likely_cause: 'url_differs' }
  expect(await ask(request)).toEqual({ ok: false, error })
})

describe('a batch', () => {
  const click = '{"event":"click","_id":"abc","ts":2, "url":"https:\\/\\/a.example"}'
  const sync = '{"type":"blacklist","action":"add","reject":{},"ts":3}'
  const both = `[${click},\n${sync}]`

  it('is one event, of the type that all share', async () => {
    expect(await ask(events(both))).toMatchObject({ value: { type: 'batch' } })
    expect(await ask(events(`[${click},${click}]`))).toMatchObject({ value: { type: 'click' } })
  })

  it('is split into the JSON of its elements, byte for byte, if asked', () => {
    const bound = bindSource('mandrill', { ...config, split: true })
    const parts = (bound.ok && bound.value.parts(events(both))) || []
    expect(parts.map((part) => [part.type, part.dedupeKey, toText(part.body)])).toEqual([
      ['click', 'abc:click:2', click],
      ['blacklist.add', expect.stringMatching(/^sha256:/), sync],
    ])
    expect(parts.map(({ contentType }) => contentType)).toEqual(Array(2).fill('application/json'))
  })
})

describe('the check of a new URL', () => {
  const shake = (request: SourceRequest) => handshake('mandrill', request, config, { nowMs })

  it('is answered with 200, asked by HEAD', async () => {
    const answer = await shake({ ...post('', {}), method: 'HEAD' })
    expect([answer?.status, answer?.body]).toEqual([200, null])
  })

  it.each([secret, 'test-webhook'])('is answered with 200, asked by POST with %s', async (key) => {
    expect((await shake(events('[]', { key })))?.status).toBe(200)
  })

  it.each([
    ['without a proof', post('mandrill_events=%5B%5D', {})],
    ['with the key of another', events('[]', { key: 'another' })],
    ['with events', events(send, { key: 'test-webhook' })],
  ])('is not answered %s', async (_case, request) => {
    expect(await shake(request)).toBeNull()
  })

  it('opens nothing: its key proves no event', async () => {
    expect((await ask(events(send, { key: 'test-webhook' }))).ok).toBe(false)
    expect((await ask(events('[]', { key: 'test-webhook' }))).ok).toBe(false)
  })
})

it('throws at no length of what is no form', async () => {
  const request = {
    ...post(new Uint8Array(12_000_000).fill(0x61), {}),
    headers: events(send).headers,
  }
  const error = expect.objectContaining({ reason: 'signature_mismatch' })
  expect(await ask(request)).toEqual({ ok: false, error })
  expect(await handshake('mandrill', request, config, { nowMs })).toBeNull()
})
