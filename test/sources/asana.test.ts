import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { Handshake, SourceRequest } from '../../src/sources/index.ts'
import { bodyDigest } from '../../src/sources/payload.ts'
import { toText, utf8 } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81'
const config = { secret }
const world = { nowMs }

const changed =
  '{"user":{"gid":"1"},"created_at":"2023-11-14T22:13:20.123Z","action":"changed","resource":{"gid":"2","resource_type":"task"},"parent":null}'
const added =
  '{ "action" : "added", "resource" : {"gid":"3","resource_type":"story"}, "text": "\\"],[\\u00e9" }'
const body = `{"events":[${changed},${added}]}`

const signed = (text: string, key = secret) =>
  post(text, { 'X-Hook-Signature': createHmac('sha256', key).update(text).digest('hex') })

itIsASource({
  provider: 'asana',
  sign: (key) => signed(body, key),
  secrets: [secret, 'another'],
  proofHeader: 'x-hook-signature',
  malformed: ['0'.repeat(63), 'A'.repeat(64), `sha256=${'0'.repeat(64)}`],
  signsBody: true,
  toleranceS: null,
  expected: {
    type: 'batch',
    dedupeKey: bodyDigest(utf8(`${bodyDigest(utf8(changed))}\n${bodyDigest(utf8(added))}`)),
  },
})

async function shake(request: SourceRequest, unread: unknown): Promise<Handshake | null> {
  const bound = bindSource('asana', unread)
  return bound.ok ? bound.value.handshake(request, world) : null
}

describe('the first call', () => {
  const offer = (given: string) => post('', { 'X-Hook-Secret': given })

  it('hands over the secret, which is learned and sent back', async () => {
    const answer = await shake(offer(secret), {})
    expect(answer?.learned).toEqual({ secret })
    expect(answer?.response.status).toBe(200)
    expect(answer?.response.headers.get('x-hook-secret')).toBe(secret)
    expect(await answer?.response.text()).toBe('')
  })

  it('hands over what the config then takes', async () => {
    const learned = (await shake(offer(secret), { split: true }))?.learned
    const result = await verify('asana', signed(body), { split: true, ...learned }, world)
    expect(result.ok).toBe(true)
  })

  it('may be repeated with the secret that is known, and learns nothing then', async () => {
    const answer = await shake(offer(secret), { secret: ['another', secret] })
    expect(answer?.response.headers.get('x-hook-secret')).toBe(secret)
    expect(answer?.learned).toBeUndefined()
  })

  it('changes nothing once there is a secret', async () => {
    expect(await shake(offer('mine'), config)).toBeNull()
    const error = { reason: 'missing_header', header: 'x-hook-signature' }
    expect(await verify('asana', offer('mine'), config, world)).toEqual({ ok: false, error })
  })

  it.each([['a'.repeat(257)], ['two words'], ['']])('does not learn %j', async (given) => {
    expect(await shake(offer(given), {})).toBeNull()
  })

  it('is a POST', async () => {
    expect(await shake({ ...offer(secret), method: 'GET' }, {})).toBeNull()
  })

  it('is not what a source of another provider answers', async () => {
    expect(await handshake('github', offer(secret), config, world)).toBeNull()
  })
})

it('accepts nothing before there is a secret', async () => {
  const error = { reason: 'signature_mismatch' }
  expect(await verify('asana', signed(body), {}, world)).toEqual({ ok: false, error })
  expect(await verify('asana', signed(body, ''), {}, world)).toEqual({ ok: false, error })
})

describe('the heartbeat', () => {
  it.each(['{"events":[]}', '{ "events": [ ] }'])('%j is answered', async (text) => {
    expect((await shake(signed(text), config))?.response.status).toBe(200)
  })

  it.each([
    ['without a proof', post('{"events":[]}', {})],
    ['with a wrong one', signed('{"events":[]}', 'guess')],
    ['where it is none', signed('{"events":{}}')],
    ['where it holds an event', signed('{"events":[1]}')],
  ])('is not answered %s', async (_case, request) => {
    expect(await shake(request, config)).toBeNull()
  })
})

it.each([
  [`{"events":[${changed}]}`, 'task.changed'],
  [`{"events":[${changed},${changed}]}`, 'task.changed'],
  ['{"events":"none"}', 'unknown'],
])('names the delivery %s as %s', async (text, type) => {
  const value = { type, dedupeKey: expect.stringMatching(/^sha256:/) }
  expect(await verify('asana', signed(text), config, world)).toEqual({ ok: true, value })
})

describe('split', () => {
  const partsOf = (text: string, split = true) => {
    const bound = bindSource('asana', { secret, split })
    return bound.ok ? bound.value.parts(signed(text)) : null
  }

  it('gives each event its own bytes, type and key', () => {
    const parts = partsOf(body) ?? []
    expect(parts.map((part) => toText(part.body))).toEqual([changed, added])
    expect(parts.map((part) => part.type)).toEqual(['task.changed', 'story.added'])
    expect(parts.map((part) => part.dedupeKey)).toEqual([
      bodyDigest(utf8(changed)),
      bodyDigest(utf8(added)),
    ])
    expect(parts.map((part) => part.contentType)).toEqual(['application/json', 'application/json'])
  })

  it('keeps two events of the same bytes apart, and a retry of them together', () => {
    const keys = partsOf(`{"events":[${changed},${changed},${added}]}`)?.map((one) => one.dedupeKey)
    const digest = bodyDigest(utf8(changed))
    expect(keys).toEqual([digest, `${digest}#1`, bodyDigest(utf8(added))])
  })

  it.each(['{}', '[]', '{"events":{}}', '{"events":[]}', 'events', ''])(
    'leaves %j whole',
    (text) => {
      expect(partsOf(text)).toBeNull()
    },
  )

  it('is not done unless asked for', () => {
    expect(partsOf(body, false)).toBeNull()
  })
})

it('answers an event with 200', () => {
  const bound = bindSource('asana', config)
  expect(bound.ok ? bound.value.accepted(signed(body))?.status : null).toBe(200)
})
