import { CloudEvent, HTTP } from 'cloudevents'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const world = { nowMs }
const config = { secret: 'mF_9.B5f-4.1JqM' }
const bearer = { authorization: 'Bearer mF_9.B5f-4.1JqM' }

const event = (more = {}) =>
  new CloudEvent({
    id: 'A234-1234',
    source: '/a/b',
    type: 'com.example.x',
    data: { n: 1 },
    ...more,
  })

/** The SDK's own message as a request. */
const sent = ({ headers, body }: ReturnType<typeof HTTP.binary>, proof = bearer): SourceRequest =>
  post(body as string, { ...(headers as Record<string, string>), ...proof })

/** What the SDK makes of a request. Its parser checks nothing, so that it has to be asked. */
function sdkAccepts({ headers, body }: SourceRequest): boolean {
  const read = HTTP.toEvent({ headers: Object.fromEntries(headers), body: toText(body) })
  try {
    return [read].flat().every((one) => one instanceof CloudEvent && one.validate())
  } catch {
    return false
  }
}

const batch = (...events: unknown[]) =>
  post(JSON.stringify(events), {
    'content-type': 'application/cloudevents-batch+json; charset=utf-8',
    ...bearer,
  })

const expected = { type: 'com.example.x', dedupeKey: '/a/b A234-1234' }

itIsASource({
  provider: 'cloudevents',
  sign: (secret) => sent(HTTP.structured(event()), { authorization: `bearer  ${secret}` }),
  secrets: [config.secret, 'another'],
  proofHeader: 'authorization',
  proofIsExact: false,
  malformed: ['Bearer', 'Basic mF_9.B5f-4.1JqM', 'mF_9.B5f-4.1JqM', 'Bearer,mF_9.B5f-4.1JqM'],
  signsBody: false,
  toleranceS: null,
  expected,
})

it.each([
  ['structured', HTTP.structured(event())],
  ['binary', HTTP.binary(event())],
])("reads the SDK's %s mode alike", async (_mode, message) => {
  expect(await verify('cloudevents', sent(message), config, world)).toEqual({
    ok: true,
    value: expected,
  })
})

it('reads percent-encoded and quoted headers', async () => {
  const message = HTTP.binary(event({ source: '/a/b', type: 'com.example.x' }))
  const headers = { ...message.headers, 'ce-source': '/%61/b', 'ce-id': '"A234-1234"' }
  const result = await verify('cloudevents', sent({ ...message, headers }), config, world)
  expect(result).toEqual({ ok: true, value: expected })
})

describe('the token', () => {
  const inUrl = (query: string, more: Record<string, string> = {}) => {
    const request = sent(HTTP.structured(event()), { authorization: '', ...more })
    if (more['authorization'] === undefined) request.headers.delete('authorization')
    return { ...request, url: `${request.url}?${query}` }
  }
  it.each([
    ['in the URL', inUrl('a=1&access_token=mF_9.B5f-4.1JqM&b=2'), true],
    ['encoded in the URL', inUrl('access_token=%6dF_9.B5f-4.1JqM'), true],
    ['wrong in the URL', inUrl('access_token=no'), false],
    ['empty in the URL', inUrl('access_token='), false],
    ['twice in the URL', inUrl('access_token=mF_9.B5f-4.1JqM&access_token=mF_9.B5f-4.1JqM'), false],
    ['in the URL and in the header', inUrl('access_token=mF_9.B5f-4.1JqM', bearer), false],
    ['behind the #', inUrl('#access_token=mF_9.B5f-4.1JqM'), false],
    ['nowhere', inUrl(''), false],
  ])('%s', async (_where, request, passes) => {
    expect((await verify('cloudevents', request, config, world)).ok).toBe(passes)
  })
})

const { data: _data, ...attributes } = event().toJSON()
const without = (name: string) =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== name))

describe('what is no CloudEvent', () => {
  const structured = (body: unknown) =>
    post(JSON.stringify(body), { 'content-type': 'application/cloudevents+json', ...bearer })
  it.each([
    ['without an id', structured(without('id'))],
    ['with an empty type', structured({ ...attributes, type: '' })],
    ['with a number as its source', structured({ ...attributes, source: 5 })],
    ['of another version', structured({ ...attributes, specversion: '2.0' })],
    ['without a version', structured(without('specversion'))],
    ['that is an array', structured([attributes])],
    ['in a batch that is an object', { ...batch(), body: structured(attributes).body }],
    ['in a batch with an invalid one', batch(attributes, without('type'))],
    ['in another format', post('x', { 'content-type': 'application/cloudevents+avro', ...bearer })],
    [
      'in binary mode without a type',
      post('{}', { 'ce-specversion': '1.0', 'ce-id': '1', ...bearer }),
    ],
    ['in neither mode', post('{}', { 'content-type': 'application/json', ...bearer })],
  ])('is refused: one %s', async (_case, request) => {
    const error = { reason: 'malformed_body', detail: expect.any(String) }
    expect(await verify('cloudevents', request, config, world)).toEqual({ ok: false, error })
  })

  it.each(['id', 'source', 'type'])('is what the SDK says: one without %s', async (name) => {
    const request = structured(without(name))
    // The SDK would give an event without an id one of its own.
    if (name !== 'id') expect(sdkAccepts(request)).toBe(false)
    expect((await verify('cloudevents', request, config, world)).ok).toBe(false)
  })

  it('is not looked at before the token is right', async () => {
    const request = structured(without('id'))
    request.headers.set('authorization', 'Bearer no')
    const error = { reason: 'credentials_mismatch' }
    expect(await verify('cloudevents', request, config, world)).toEqual({ ok: false, error })
  })
})

describe('a batch', () => {
  const bound = (split: boolean) => {
    const source = bindSource('cloudevents', { ...config, split })
    return source.ok ? source.value : expect.unreachable()
  }
  const body = `[ ${JSON.stringify(attributes)},\n{"specversion":"1.0","id":"2","source":"s", "type":"t.u"} ]`
  const request = { ...batch(), body: new TextEncoder().encode(body) }

  it('is split into the very bytes of its events', () => {
    const parts = bound(true).parts(request)
    expect(parts?.map((part) => [part.type, part.dedupeKey, part.contentType])).toEqual([
      ['com.example.x', '/a/b A234-1234', 'application/cloudevents+json'],
      ['t.u', 's 2', 'application/cloudevents+json'],
    ])
    expect(toText(parts![1]!.body)).toBe(
      '{"specversion":"1.0","id":"2","source":"s", "type":"t.u"}',
    )
    expect(
      parts!.every(({ body }) =>
        sdkAccepts({
          ...request,
          body,
          headers: new Headers({ 'content-type': 'application/cloudevents+json' }),
        }),
      ),
    ).toBe(true)
  })

  it('stays whole unless asked, and so does a single event', () => {
    expect(bound(false).parts(request)).toBeNull()
    expect(bound(true).parts(sent(HTTP.structured(event())))).toBeNull()
  })

  it('of one is told as that one; of several by all of them', async () => {
    const one = await verify('cloudevents', batch(attributes), config, world)
    expect(one).toEqual({ ok: true, value: expected })
    const several = await verify('cloudevents', request, config, world)
    const dedupeKey = expect.stringMatching(/^sha256:/)
    expect(several).toEqual({ ok: true, value: { type: 'batch', dedupeKey } })
  })
})

describe('the question whether it may send', () => {
  const asked = (headers: Record<string, string> = {}, method = 'OPTIONS'): SourceRequest => ({
    ...post('', { 'WebHook-Request-Origin': 'eventemitter.example.com', ...headers }),
    method,
  })
  const ask = (request: SourceRequest, more = {}) =>
    handshake('cloudevents', request, { ...config, ...more }, world)
  const granted = (answer: Response | null) => answer?.headers.get('webhook-allowed-origin') ?? null

  it('is answered yes to whoever shows the token', async () => {
    const answer = await ask(asked({ 'WebHook-Request-Rate': '120', ...bearer }))
    expect(answer?.status).toBe(200)
    expect(granted(answer)).toBe('eventemitter.example.com')
    expect(answer?.headers.get('webhook-allowed-rate')).toBe('*')
    expect(answer?.headers.get('allow')).toBe('POST')
  })

  it('is answered yes to senders that were named, with the rate', async () => {
    const allowed_origins = ['a.example', 'EventEmitter.example.com']
    const answer = await ask(asked(), { allowed_origins, allowed_rate: 100 })
    expect(granted(answer)).toBe('eventemitter.example.com')
    expect(answer?.headers.get('webhook-allowed-rate')).toBe('100')
    expect(granted(await ask(asked(), { allowed_origins: '*' }))).toBe('eventemitter.example.com')
  })

  it.each([
    ['a sender without token that nobody named', asked(), {}],
    ['another sender than was named', asked(bearer), { allowed_origins: ['a.example'] }],
    ['a sender below a name', asked(), { allowed_origins: ['example.com'] }],
  ])('is answered no to %s', async (_case, request, more) => {
    const answer = await ask(request, more)
    expect(answer?.status).toBe(403)
    expect(granted(answer)).toBeNull()
    expect(answer?.headers.has('webhook-allowed-rate')).toBe(false)
  })

  it.each([
    ['with a wrong token', asked({ authorization: 'Bearer no' })],
    ['that names nobody', asked({ 'webhook-request-origin': '' })],
    ['that names no host', asked({ 'webhook-request-origin': 'a b', ...bearer })],
    ['by another method', asked(bearer, 'GET')],
  ])('is not answered to one %s', async (_case, request) => {
    expect(await ask(request, { allowed_origins: '*' })).toBeNull()
  })

  it.each([[[]], ['example.com'], [['https://example.com']]])(
    'refuses %j as allowed_origins',
    (allowed_origins) => {
      expect(bindSource('cloudevents', { ...config, allowed_origins }).ok).toBe(false)
    },
  )
})
