import { createHmac, generateKeyPairSync, sign as nodeSign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const body = '{"type":"order.created","data":{"id":"ord_4821","n":12345678901234567890}}'

itIsASource({
  provider: 'hmac',
  config: {
    algorithm: 'sha512',
    encoding: 'base64url',
    header: 'X-Acme-Signature',
    fields: { timestamp: 'ts', signature: 'sig' },
    item_separator: ';',
    signed: '{id}|{timestamp}|{method} {body}',
    id_header: 'X-Acme-Id',
    tolerance_s: 60,
  },
  sign: (secret, timeS) => {
    const content = `a1|${timeS}|POST ${body}`
    const signature = createHmac('sha512', secret).update(content).digest('base64url')
    return post(body, { 'x-acme-id': 'a1', 'x-acme-signature': `ts=${timeS};sig=${signature}` })
  },
  secrets: ['one', 'two'],
  proofHeader: 'x-acme-signature',
  malformed: [
    'ts=1700000000',
    'sig=',
    `ts=1700000000;sig=${'A'.repeat(10)}`,
    `ts=1700000000,sig=x`,
  ],
  signsBody: true,
  toleranceS: 60,
  expected: { type: 'order.created', dedupeKey: 'a1' },
})

type HeadersOf = Record<string, string>

const plain = { secret: 'k', algorithm: 'sha256', encoding: 'hex', header: 'x-sig' }
const of = (content: string | Uint8Array, key: string | Buffer = 'k', algorithm = 'sha256') =>
  createHmac(algorithm, key).update(content)

const ask = (config: object, request: ReturnType<typeof post>) =>
  verify('hmac', request, config, { nowMs })

it('accepts the published vector in base64', async () => {
  const config = { ...plain, secret: 'acme_whsec_5f2b91', encoding: 'base64' }
  const request = post('{"order_id":"ord_4821","total":1250}', {
    'x-sig': 'aq7EI5rB6vnQzLDeb4hqUsjHtWLDBsdTpq+nivwrNtc=',
  })
  expect((await ask(config, request)).ok).toBe(true)
})

describe('schemes as data', () => {
  const iso = '2023-11-14T22:13:20Z'
  it.each([
    ['hex in either case', plain, { 'x-sig': of(body).digest('hex').toUpperCase() }],
    ['sha1', { ...plain, algorithm: 'sha1' }, { 'x-sig': of(body, 'k', 'sha1').digest('hex') }],
    ['md5', { ...plain, algorithm: 'md5' }, { 'x-sig': of(body, 'k', 'md5').digest('hex') }],
    [
      'a secret in hex',
      { ...plain, secret: '00ff', secret_encoding: 'hex' },
      { 'x-sig': of(body, Buffer.from([0, 255])).digest('hex') },
    ],
    [
      'a secret in base64',
      { ...plain, secret: 'AP8=', secret_encoding: 'base64' },
      { 'x-sig': of(body, Buffer.from([0, 255])).digest('hex') },
    ],
    [
      'several with a prefix, as PagerDuty sends',
      { ...plain, prefix: 'v1=', item_separator: ',' },
      { 'x-sig': `v0=zz,v1=${'0'.repeat(64)},v1=${of(body).digest('hex')}` },
    ],
    [
      'white space between fields, as WorkOS sends',
      {
        ...plain,
        fields: { timestamp: 't', signature: 'v1' },
        trim: true,
        signed: '{timestamp}.{body}',
        timestamp_unit: 'ms',
      },
      { 'x-sig': `t=${nowMs}, v1=${of(`${nowMs}.${body}`).digest('hex')}` },
    ],
    [
      'an ISO time in a header, as Zendesk sends',
      { ...plain, signed: '{timestamp}{body}', timestamp_header: 'X-Time', timestamp_unit: 'iso' },
      { 'x-time': iso, 'x-sig': of(iso + body).digest('hex') },
    ],
    [
      'the URL as called',
      { ...plain, signed: '{url}{body}' },
      { 'x-sig': of(`https://router.example/in/src_1${body}`).digest('hex') },
    ],
    [
      'the public URL',
      { ...plain, signed: '{url}{body}', url: 'https://hooks.example/a?b=c' },
      { 'x-sig': of(`https://hooks.example/a?b=c${body}`).digest('hex') },
    ],
  ])('accepts %s', async (_case, config, headers) => {
    expect((await ask(config, post(body, headers as Record<string, string>))).ok).toBe(true)
    const changed = post(`${body}\n`, headers as Record<string, string>)
    expect((await ask(config, changed)).ok).toBe(false)
  })

  it('signs bytes, whatever they are, around the texts of the template', async () => {
    const bytes = Uint8Array.of(0xc3, 0x28, 0, 0xff, 0x7b, 0x7d)
    const content = Buffer.concat([Buffer.from('pré:'), bytes, Buffer.from(':post')])
    const config = { ...plain, signed: 'pré:{body}:post' }
    expect((await ask(config, post(bytes, { 'x-sig': of(content).digest('hex') }))).ok).toBe(true)
  })

  it('does not fill in placeholders that a header brought', async () => {
    const config = { ...plain, signed: '{id}.{body}', id_header: 'x-id' }
    const headers = { 'x-id': '{body}', 'x-sig': of(`{body}.${body}`).digest('hex') }
    expect((await ask(config, post(body, headers))).ok).toBe(true)
  })
})

describe('an id that is signed', () => {
  const config = { ...plain, id_header: 'x-id' }
  const timed = { timestamp_header: 'x-t', signed: '{id}.{timestamp}.{body}' }
  it.each([
    ['the body', { signed: '{id}.{body}' }, 'a.{"n":1.5}', { 'x-id': 'a.{"n":1' }, '5}'],
    ['its first byte', { signed: '{id}{body}' }, 'a{"n":1}', { 'x-id': 'a{' }, '"n":1}'],
    ['a list', { signed: '{id}.{body}' }, 'a.[1.5]', { 'x-id': 'a.[1' }, '5]'],
    [
      'the time',
      timed,
      'a.1600000000.1700000000.{}',
      { 'x-id': 'a.1600000000', 'x-t': '1700000000' },
      '{}',
    ],
    [
      'the time, written out',
      { ...timed, timestamp_unit: 'iso' },
      'a.2020-01-01T00:00:00.5Z.2023-11-14T22:13:20Z.{}',
      { 'x-id': 'a.2020-01-01T00:00:00.5Z', 'x-t': '2023-11-14T22:13:20Z' },
      '{}',
    ],
  ])('does not swallow %s', async (_case, change, content, headers, rest) => {
    const request = post(rest, { ...headers, 'x-sig': of(content).digest('hex') } as HeadersOf)
    const error = { reason: 'malformed_header', header: 'x-id' }
    expect(await ask({ ...config, ...change }, request)).toEqual({ ok: false, error })
  })

  it('may end in digits', async () => {
    const headers = { 'x-id': 'evt_1700000000', 'x-t': '1700000000' }
    const signature = of(`evt_1700000000.1700000000.${body}`).digest('hex')
    const request = post(body, { ...headers, 'x-sig': signature })
    expect((await ask({ ...config, ...timed }, request)).ok).toBe(true)
  })
})

describe('type and id', () => {
  const headers = { 'x-sig': of(body).digest('hex'), 'x-event': 'paid', 'x-id': 'd1' }
  it.each([
    [
      { type: 'header:X-Event', id: 'header:X-Id' },
      { type: 'paid', dedupeKey: 'd1' },
    ],
    [
      { type: 'body:$.type', id: 'body:$.data.id' },
      { type: 'order.created', dedupeKey: 'ord_4821' },
    ],
    [
      { type: 'header:x-none', id: 'body:$.data.none' },
      { type: 'unknown', dedupeKey: null },
    ],
    [{}, { type: 'order.created', dedupeKey: null }],
    // Two such numbers read the same: better no key than another event's.
    [{ id: 'body:$.data.n' }, { type: 'order.created', dedupeKey: null }],
    [{ id: 'body:$.data.constructor' }, { type: 'order.created', dedupeKey: null }],
    [{ id_header: 'X-Id' }, { type: 'order.created', dedupeKey: 'd1' }],
  ])('are found where %j says', async (where, value) => {
    expect(await ask({ ...plain, ...where }, post(body, headers))).toEqual({ ok: true, value })
  })

  it('stand in lists and below numbers', async () => {
    const list = '{"events":[{"name":"a"},{"name":"b","id":42}]}'
    const config = { ...plain, type: 'body:$.events[1].name', id: 'body:$.events[1].id' }
    const value = { type: 'b', dedupeKey: '42' }
    const request = post(list, { 'x-sig': of(list).digest('hex') })
    expect(await ask(config, request)).toEqual({ ok: true, value })
  })
})

describe('a config that proves less than it seems to', () => {
  it.each([
    ['signed', { signed: '{timestamp}', timestamp_header: 'x-t' }],
    ['signed', { signed: '{timestamp}.{body}' }],
    ['signed', { signed: '{id}.{body}' }],
    ['signed', { signed: '{ body }' }],
    ['signed', { signed: '{secret}{body}' }],
    ['signed', { signed: '{body}}' }],
    ['timestamp_header', { timestamp_header: 'x-t' }],
    ['fields.timestamp', { fields: { timestamp: 't', signature: 's' } }],
    ['secret.0', { secret: 'zz', secret_encoding: 'hex' }],
    ['secret.0', { secret: '_', secret_encoding: 'base64' }],
    ['header', { header: 'x sig' }],
    ['type', { type: 'query:x' }],
    ['id', { id: 'body:$' }],
    ['tolerance_s', { tolerance_s: 0 }],
  ])('is refused at %s: %j', (path, change) => {
    const bound = bindSource('hmac', { ...plain, ...change })
    const issue = expect.objectContaining({ path })
    expect(bound).toEqual({ ok: false, error: expect.arrayContaining([issue]) })
  })
})

describe('ed25519', () => {
  const pair = generateKeyPairSync('ed25519')
  const der = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const config = {
    scheme: 'ed25519',
    header: 'X-Signature-Ed25519',
    encoding: 'hex',
    signed: '{timestamp}{body}',
    timestamp_header: 'X-Signature-Timestamp',
  }
  const signature = nodeSign(null, Buffer.from(`1700000000${body}`), pair.privateKey)
  const headers = {
    'x-signature-ed25519': signature.toString('hex'),
    'x-signature-timestamp': '1700000000',
  }

  it.each(['hex', 'base64', 'base64url'] as const)('takes a public key in %s', async (encoding) => {
    const public_key = der.toString(encoding)
    expect((await ask({ ...config, public_key }, post(body, headers))).ok).toBe(true)
  })

  it('refuses a changed body, a cut signature, and no time', async () => {
    const keyed = { ...config, public_key: der.toString('hex') }
    expect((await ask(keyed, post(`${body} `, headers))).ok).toBe(false)
    const cut = { ...headers, 'x-signature-ed25519': signature.toString('hex').slice(0, 64) }
    expect((await ask(keyed, post(body, cut))).ok).toBe(false)
    const { 'x-signature-ed25519': only } = headers
    expect((await ask(keyed, post(body, { 'x-signature-ed25519': only }))).ok).toBe(false)
  })

  it.each(['', '00', 'zz'.repeat(32), der.toString('hex').slice(2)])(
    'refuses %j as a public key',
    (public_key) => {
      expect(bindSource('hmac', { ...config, public_key }).ok).toBe(false)
    },
  )
})

it('names the configured header as a proof, so that it is masked', () => {
  const bound = bindSource('hmac', { ...plain, header: 'X-Acme' })
  expect(bound.ok && bound.value.proofHeaders).toEqual(['x-acme'])
})
