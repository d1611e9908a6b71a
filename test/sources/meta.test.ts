import { createHmac } from 'node:crypto'
import { WhatsAppAPI } from 'whatsapp-api-js/middleware/web-standard'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'app secret'
const config = { secret, verify_token: 'meatyhamhock' }
const world = { nowMs }

const entry = (elements: object, id = '102290129340398') => ({
  id,
  time: 1_700_000_000,
  ...elements,
})
const notification = (object: string, ...entries: object[]) =>
  JSON.stringify({ object, entry: entries })
const whatsapp = (value: object) =>
  notification('whatsapp_business_account', entry({ changes: [{ value, field: 'messages' }] }))

const sent = whatsapp({ messages: [{ from: '1', id: 'wamid.A', type: 'text' }] })

const signed = (body: string, key = secret) =>
  post(body, {
    'content-type': 'application/json',
    'X-Hub-Signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  })

itIsASource({
  provider: 'meta',
  config: { verify_token: 'meatyhamhock' },
  sign: (key) => signed(sent, key),
  secrets: [secret, 'another'],
  proofHeader: 'x-hub-signature-256',
  malformed: [
    'sha256=',
    `sha1=${'0'.repeat(40)}`,
    '0'.repeat(64),
    `sha256=${'A'.repeat(64)}`,
    `sha256=sha256=${'0'.repeat(64)}`,
  ],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'whatsapp_business_account.messages', dedupeKey: 'wamid.A' },
})

const library = new WhatsAppAPI({
  token: 't',
  appSecret: secret,
  webhookVerifyToken: config.verify_token,
  v: 'v24.0',
})
const believes = ({ headers, body }: SourceRequest) =>
  library.verifyRequestSignature(toText(body), headers.get('x-hub-signature-256')!)

const withSignature = (signature: string) => post(sent, { 'x-hub-signature-256': signature })

describe('beside the library whatsapp-api-js', () => {
  it.each([
    ['a genuine message', signed(sent), true],
    ['one with escapes, as Meta writes them', signed('{"object":"page","t":"caf\\u00e9"}'), true],
    ['another secret', signed(sent, 'no'), false],
    ['a changed body', { ...signed(sent), body: signed(sent).body.slice(1) }, false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(await believes(request)).toBe(genuine)
    expect((await verify('meta', request, config, world)).ok).toBe(genuine)
  })

  it('is stricter about what stands around a signature', async () => {
    const good = signed(sent).headers.get('x-hub-signature-256')!
    for (const request of [withSignature(`${good}zz`), withSignature(`sha1=x,${good}`)]) {
      expect(await believes(request)).toBe(true)
      expect((await verify('meta', request, config, world)).ok).toBe(false)
    }
  })

  it('says where a body was written anew without its escapes', async () => {
    const request = { ...signed('{"t":"caf\\u00e9"}'), body: signed('{"t":"café"}').body }
    const error = { reason: 'signature_mismatch', likely_cause: 'body_was_changed' }
    expect(await verify('meta', request, config, world)).toEqual({ ok: false, error })
  })
})

describe('the check of the URL', () => {
  const get = (query: Record<string, string>, method = 'GET') => ({
    method,
    url: `https://router.example/in/src_1?${new URLSearchParams(query)}`,
    headers: new Headers(),
    body: new Uint8Array(),
  })
  const good = {
    'hub.mode': 'subscribe',
    'hub.challenge': '1158201444',
    'hub.verify_token': 'meatyhamhock',
  }

  it("is answered as Meta's libraries do, as text that no browser runs", async () => {
    const answer = await handshake('meta', get(good), config, world)
    expect(answer?.status).toBe(200)
    expect(await answer?.text()).toBe(library.handle_get(new Request(get(good).url)))
    expect(answer?.headers.get('content-type')).toBe('text/plain')
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['a wrong token', { ...good, 'hub.verify_token': 'no' }, config],
    ['an empty token', { ...good, 'hub.verify_token': '' }, config],
    ['another mode', { ...good, 'hub.mode': 'unsubscribe' }, config],
    ['no challenge', { 'hub.mode': 'subscribe', 'hub.verify_token': 'meatyhamhock' }, config],
    ['a source without a token', { ...good, 'hub.verify_token': '' }, { secret }],
  ])('is forbidden to %s', async (_case, query, own) => {
    const answer = await handshake('meta', get(query), own, world)
    expect([answer?.status, answer?.body]).toEqual([403, null])
  })

  it.each([get({}), get(good, 'POST')])('is a GET with a mode ($method $url)', async (request) => {
    expect(await handshake('meta', request, config, world)).toBeNull()
  })

  it('takes any token of a list, and no empty one', async () => {
    const rolled = { secret, verify_token: ['new', 'meatyhamhock'] }
    expect((await handshake('meta', get(good), rolled, world))?.status).toBe(200)
    expect(bindSource('meta', { secret, verify_token: '' }).ok).toBe(false)
  })
})

const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
const feed = { field: 'feed', value: { item: 'status' } }
const messaging = (message: object) => ({ messaging: [{ sender: { id: '1' }, message }] })

it.each([
  ['a change', notification('page', entry({ changes: [feed] })), 'page.feed', digest],
  ['a message', notification('page', entry(messaging({ mid: 'm_1' }))), 'page.messaging', 'm_1'],
  [
    'a message taken back, under the same id',
    notification('instagram', entry(messaging({ mid: 'm_1', is_deleted: true }))),
    'instagram.messaging',
    'm_1:deleted',
  ],
  [
    'a status of a message',
    whatsapp({ statuses: [{ id: 'wamid.A', status: 'read' }] }),
    'whatsapp_business_account.messages',
    'wamid.A:read',
  ],
  [
    'two messages',
    whatsapp({ messages: [{ id: 'wamid.A' }, { id: 'wamid.B' }] }),
    'whatsapp_business_account.messages',
    digest,
  ],
  [
    'a field of the entry itself',
    notification('instagram', entry({ field: 'comments', value: { id: '1' } })),
    'instagram.comments',
    digest,
  ],
  [
    'the names of fields alone',
    notification('user', { uid: '1', time: 1, changed_fields: ['photos'] }),
    'user.photos',
    digest,
  ],
  [
    'two of a kind',
    notification('page', entry({ changes: [feed] }), entry({ changes: [feed] })),
    'page.feed',
    digest,
  ],
  [
    'two of different kinds',
    notification('page', entry({ changes: [feed] }), entry(messaging({ mid: 'm_1' }))),
    'page',
    digest,
  ],
  ['no entries', notification('page'), 'page', digest],
  ['no JSON', '[', 'unknown', digest],
])('names and tells %s', async (_case, body, type, dedupeKey) => {
  const result = await verify('meta', signed(body), config, world)
  expect(result).toEqual({ ok: true, value: { type, dedupeKey } })
})

describe('split', () => {
  const partsOf = (body: string, split = true) => {
    const bound = bindSource('meta', { ...config, split })
    return bound.ok ? bound.value.parts(signed(body)) : null
  }

  const change = '{ "field":"feed",\n"value":{"n":12345678901234567890} }'
  const message = '{"message":{"mid":"m_1","text":"caf\\u00e9"}}'
  const body = `{"entry":[ {"id":"1","time":5,"changes":[${change} , ${change}]},{"messaging":[${message}],"id":"2","time":6}, {"id":"3","changed_fields":["name"]}],"object":"page"}`

  it('makes each element an event, with its own bytes and name', () => {
    const parts = partsOf(body)
    expect(parts?.map((part) => [part.type, toText(part.body)])).toEqual([
      ['page.feed', change],
      ['page.feed', change],
      ['page.messaging', message],
      ['page.name', '{"id":"3","changed_fields":["name"]}'],
    ])
    expect(parts?.every(({ contentType }) => contentType === 'application/json')).toBe(true)
    expect(parts?.[2]?.dedupeKey).toBe('m_1')
  })

  it('tells the same change of two pages, or at two times, apart', () => {
    const keys = [
      entry({ changes: [feed] }, '1'),
      entry({ changes: [feed] }, '2'),
      { ...entry({ changes: [feed] }, '1'), time: 1_700_000_001 },
    ].map((one) => partsOf(notification('page', one))?.[0]?.dedupeKey)
    expect(new Set(keys).size).toBe(3)
    expect(partsOf(notification('page', entry({ changes: [feed] }, '1')))?.[0]?.dedupeKey).toBe(
      keys[0],
    )
  })

  it('leaves whole what has no elements, and everything unless asked', () => {
    expect(partsOf(notification('page'))).toBeNull()
    expect(partsOf('{"object":"page","entry":{}}')).toBeNull()
    expect(partsOf(body, false)).toBeNull()
  })
})

it('answers an event with exactly 200', () => {
  const bound = bindSource('meta', config)
  expect(bound.ok && bound.value.accepted(signed(sent))?.status).toBe(200)
})
