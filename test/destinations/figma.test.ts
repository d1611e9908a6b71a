import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Message } from '../../src/destinations/destination.ts'
import { hookEvents } from '../../src/destinations/figma/config.ts'
import { destinationTypes } from '../../src/destinations/index.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const token = 'figd_0123456789'
const file_key = 'aBcD1234'

itIsADestination({
  type: 'figma',
  config: (url) => ({ base_url: url, token, file_key, passcode: 'pass-code-1' }),
  secrets: [token, 'pass-code-1'],
  success: { body: '{"id":"1"}' },
})

const now = Date.parse('2026-11-20T10:00:00.000Z')

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const event = (type: string, data: unknown): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: new TextEncoder().encode(JSON.stringify(data)),
})

const send = (message: Partial<Message> = {}, config: object = {}) =>
  bound('figma', { base_url: receiver.url, token, file_key, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf({ now: () => now }),
  )

const sent = (n = 0) => {
  const request = receiver.received[n]
  if (request === undefined) throw new Error('nothing came')
  return { ...request, json: JSON.parse(request.body.toString() || 'null') }
}

const spec = parse(
  readFileSync(
    join(
      dirname(createRequire(import.meta.url).resolve('@figma/rest-api-spec/package.json')),
      'openapi/openapi.yaml',
    ),
    'utf8',
  ),
)
// A region is a vector and more, so no region is "exactly one" of these.
const { schema } =
  spec.paths['/v1/files/{file_key}/comments'].post.requestBody.content['application/json']
const { client_meta } = schema.properties
client_meta.anyOf = client_meta.oneOf
delete client_meta.oneOf
const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(spec, 'figma')
const bodyOf = (path: string) => {
  const pointer = ['paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema']
  const steps = pointer.map((step) =>
    encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')),
  )
  return ajv.compile({ $ref: `figma#/${steps.join('/')}` })
}
const isComment = bodyOf('/v1/files/{file_key}/comments')
const isWebhook = bodyOf('/v2/webhooks')

const reference = `\n\n(${messageOf().deliveryId})`

describe('a comment', () => {
  it.each([
    [
      'video.generated',
      {
        video: {
          id: 'vid_1',
          title: 'Launch',
          description: 'Our launch',
          url: 'https://videos.example.com/vid_1',
        },
      },
      'Launch was generated\n\nOur launch\n\nVideo: vid_1\n\nWatch: https://videos.example.com/vid_1',
    ],
    [
      'user.registered',
      { user: { name: 'Ann', email: 'a@example.com' } },
      'Ann registered\n\nE-mail: a@example.com',
    ],
    ['some.thing', null, 'Some thing'],
  ])('of %s is one request that Figma’s own description allows', async (type, data, message) => {
    const report = await send(event(type, data))
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 200 })
    const { method, path, headers, json } = sent()
    expect([method, path]).toEqual(['POST', '/v1/files/aBcD1234/comments'])
    expect(headers).toMatchObject({ 'x-figma-token': token, 'content-type': 'application/json' })
    expect(headers).not.toHaveProperty('authorization')
    expect(json).toEqual({ message: message + reference })
    expect(isComment(json), JSON.stringify(isComment.errors)).toBe(true)
  })

  const size = { region_height: 10, region_width: 20 }
  const node = { node_id: '1:2', node_offset: { x: 1, y: 2 } }
  it.each([
    ['a place', { x: 1, y: 2.5 }, { x: 1, y: 2.5 }],
    ['a frame', node, node],
    [
      'a region',
      { x: 1, y: 2, ...size },
      { x: 1, y: 2, ...size, comment_pin_corner: 'bottom-right' },
    ],
    [
      'a region of a frame',
      { ...node, ...size, comment_pin_corner: 'top-left' },
      { ...node, ...size, comment_pin_corner: 'top-left' },
    ],
  ])('is pinned to %s, by config or mapping', async (_, meta, client_meta) => {
    await send({}, { client_meta: meta })
    await send({ mapped: { client_meta: meta } }, { client_meta: { x: 0, y: 0 } })
    for (const n of [0, 1]) {
      expect(sent(n).json.client_meta).toEqual(client_meta)
      expect(isComment(sent(n).json), JSON.stringify(isComment.errors)).toBe(true)
    }
  })

  it('takes each field from the mapping', async () => {
    await send({
      mapped: {
        title: 'T',
        text: 'X',
        link: 'https://example.com/',
        link_text: 'L',
        fields: { a: 1 },
        file_key: 'other',
      },
    })
    expect(sent().path).toBe('/v1/files/other/comments')
    expect(sent().json.message).toBe(`T\n\nX\n\na: 1\n\nL: https://example.com/${reference}`)
    await send({ mapped: { message: 'all of it' } })
    expect(sent(1).json.message).toBe(`all of it${reference}`)
  })

  it('is cut, and keeps its reference', async () => {
    await send({ mapped: { message: 'x'.repeat(10_000) } })
    expect(sent().json.message).toHaveLength(5000)
    expect(sent().json.message.endsWith(`x…${reference}`)).toBe(true)
  })

  it.each([
    ['client_meta', { x: '1' }],
    ['file_key', '../me'],
    ['file_key', null],
    ['message', null],
    ['message', ['x']],
  ])('is not written where the mapping of %s comes to %j', async (field, value) => {
    const report = await send({ mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
    expect(receiver.received).toEqual([])
  })

  it('is found by a retry, and not written again', async () => {
    receiver.answers({ body: JSON.stringify({ comments: [{ message: `x${reference}` }] }) })
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/v1/files/aBcD1234/comments'],
    ])
  })

  it('is written by a retry where it is not there, or where there is nothing to find it by', async () => {
    receiver.answers({ body: '{"comments":[]}' }, 200)
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    await send({ attempt: 2, mapped: { message: 'x' } }, { reference: false })
    expect(receiver.received.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST'])
    expect(sent(2).json).toEqual({ message: 'x' })
  })

  it.each<[string, AnswerSpec, object]>([
    ['500', 500, { kind: 'failed', cause: 'status' }],
    ['204', 204, { kind: 'failed', cause: 'status' }],
    ['403', 403, { kind: 'refused', cause: 'status' }],
    ['a reset', { reset: true }, { kind: 'failed', cause: 'connection' }],
  ])('is not written blindly where the list answers %s', async (_, answer, outcome) => {
    receiver.answers(answer)
    expect((await send({ attempt: 2 })).outcome).toEqual(outcome)
    expect(receiver.received).toHaveLength(1)
  })
})

describe('a webhook', () => {
  const config = {
    action: 'webhook',
    context: 'project',
    context_id: '12 3',
    event_type: 'FILE_COMMENT',
    endpoint: 'https://example.com/figma',
    passcode: 'pass-code-1',
  }
  const none = { body: '{"webhooks":[]}' }

  it('is registered where there is none like it, as Figma’s own description allows', async () => {
    receiver.answers(none, 200)
    expect((await send({}, config)).outcome).toEqual({ kind: 'delivered' })
    expect(sent()).toMatchObject({
      method: 'GET',
      path: '/v2/webhooks?context=project&context_id=12+3',
    })
    expect(sent(1)).toMatchObject({ method: 'POST', path: '/v2/webhooks' })
    expect(sent(1).json).toEqual({
      event_type: 'FILE_COMMENT',
      context: 'project',
      context_id: '12 3',
      endpoint: 'https://example.com/figma',
      passcode: 'pass-code-1',
      description: 'Switchyard: video.generated',
    })
    expect(isWebhook(sent(1).json), JSON.stringify(isWebhook.errors)).toBe(true)
  })

  it('is not registered twice', async () => {
    const { event_type, endpoint, context_id } = config
    receiver.answers({ body: JSON.stringify({ webhooks: [{ event_type, endpoint, context_id }] }) })
    expect((await send({}, config)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
  })

  it('takes each field from the mapping', async () => {
    receiver.answers(none, 200)
    const mapped = {
      event_type: 'FILE_DELETE',
      context: 'file',
      context_id: 'F1',
      endpoint: 'https://example.com/mapped',
    }
    await send({ mapped }, config)
    expect(sent(1).json).toMatchObject(mapped)
  })

  it.each([
    ['event_type', 'FILE_OPENED'],
    ['context', 'user'],
    ['context_id', null],
    ['endpoint', 'ftp://example.com'],
    ['endpoint', null],
  ])('is not registered where the mapping of %s comes to %j', async (field, value) => {
    const report = await send({ mapped: { [field]: value } }, config)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
  })

  it('knows the events that Figma’s own description has', () => {
    expect([...hookEvents].sort()).toEqual([...spec.components.schemas.WebhookV2Event.enum].sort())
  })

  it('shows no passcode that Figma echoes', async () => {
    receiver.answers(none, ({ body }) => ({ status: 400, body: body.toString() }))
    const report = await send({}, config)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'status' })
    expect(report.response_body).toContain('••••')
    expect(JSON.stringify(report)).not.toContain('pass-code-1')
  })
})

describe('what an answer means', () => {
  const says = (err: string) => JSON.stringify({ status: 403, err })
  it.each<[string, AnswerSpec, object]>([
    ['200', 200, { kind: 'delivered' }],
    ['400', 400, { kind: 'refused', cause: 'status' }],
    ['401', 401, { kind: 'refused', cause: 'credentials' }],
    ['403', { status: 403, body: says('Not allowed') }, { kind: 'refused', cause: 'status' }],
    [
      '403 of the token',
      { status: 403, body: says('Invalid token') },
      { kind: 'refused', cause: 'credentials' },
    ],
    ['404', 404, { kind: 'refused', cause: 'status' }],
    ['410', 410, { kind: 'refused', cause: 'status' }],
    ['429', 429, { kind: 'failed', cause: 'rate_limited' }],
    [
      '429 with a wait',
      { status: 429, headers: { 'retry-after': '3600' } },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 3_600_000 },
    ],
    [
      '429 with days to wait',
      { status: 429, headers: { 'retry-after': '400000' } },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 86_400_000 },
    ],
    ['500', 500, { kind: 'failed', cause: 'status' }],
  ])('%s', async (_, answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
    expect(receiver.received).toHaveLength(1)
  })

  it('says why, where a seat has only few requests', async () => {
    receiver.answers({ status: 429, headers: { 'x-figma-rate-limit-type': 'low' } })
    expect((await send()).error).toContain('View or Collab')
  })
})

describe('an account connected by consent', () => {
  const oauth = {
    client_id: 'client-1',
    client_secret: 'client-secret-1',
    refresh_token: 'refresh-1',
  }
  const gives = (access_token: string): AnswerSpec => ({
    body: JSON.stringify({ access_token, token_type: 'bearer', expires_in: 7_776_000 }),
  })

  it.each<[string, AnswerSpec]>([
    ['401', 401],
    ['403 of the token', { status: 403, body: '{"status":403,"err":"Token expired"}' }],
  ])('gets its token by its refresh token, and another after %s', async (_, refusal) => {
    receiver.answers(gives('access-1'), refusal, gives('access-2'), 200)
    const report = await send({}, { token: undefined, oauth })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    const basic = `Basic ${Buffer.from('client-1:client-secret-1').toString('base64')}`
    for (const n of [0, 2]) {
      expect(receiver.received[n]).toMatchObject({
        path: '/v1/oauth/refresh',
        headers: { authorization: basic },
      })
      expect(receiver.received[n]?.body.toString()).toContain('refresh_token=refresh-1')
    }
    expect(sent(3).headers['authorization']).toBe('Bearer access-2')
    expect(sent(3).headers).not.toHaveProperty('x-figma-token')
    expect(JSON.stringify(report)).not.toMatch(/access-\d|refresh-1|client-secret/)
  })

  it('asks for another token only once', async () => {
    const refusal = { status: 403, body: '{"status":403,"err":"Token expired"}' }
    receiver.answers(gives('access-1'), refusal, gives('access-2'), refusal)
    const report = await send({}, { token: undefined, oauth })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(receiver.received).toHaveLength(4)
  })

  it('says where it is asked for, as Figma’s own description has it', () => {
    const { figma } = destinationTypes
    expect(figma.consent?.(figma.config.parse({ token, file_key }))).toBeNull()
    const consent = figma.consent?.(figma.config.parse({ oauth, file_key }))
    const flow = spec.components.securitySchemes.OAuth2.flows.authorizationCode
    expect(consent).toMatchObject({
      authorizeUrl: flow.authorizationUrl,
      tokenUrl: flow.tokenUrl,
      clientAuth: 'basic',
    })
    const known = Object.keys(flow.scopes)
    expect(consent?.scopes.filter((scope) => !known.includes(scope))).toEqual([])
    expect(consent?.learned({ refresh_token: 'r2' })).toEqual({
      ok: true,
      value: { oauth: { refresh_token: 'r2' } },
    })
  })
})

it.each([
  ['no credentials', { token: undefined }, 'token'],
  ['two credentials', { oauth: { client_id: 'a', client_secret: 'b' } }, 'token'],
  ['no file', { file_key: undefined }, 'file_key'],
  ['a path for a file', { file_key: '../me' }, 'file_key'],
  [
    'a webhook without an endpoint',
    { action: 'webhook', context_id: '1', passcode: 'x' },
    'endpoint',
  ],
  ['a passcode of 101 characters', { passcode: 'x'.repeat(101) }, 'passcode'],
])('refuses a config with %s', (_, config, said) => {
  expect(() => bound('figma', { token, file_key, ...config })).toThrow(said)
})

it('pins a comment nowhere where the mapping says null', async () => {
  await send({ mapped: { client_meta: null } }, { client_meta: { x: 1, y: 2 } })
  expect(sent().json).not.toHaveProperty('client_meta')
})

it.each(['{}', '', '<html>'])('does not write where the look answers %j', async (body) => {
  receiver.answers({ status: 200, body })
  const report = await send({ attempt: 2 })
  expect(report.outcome).toEqual({ kind: 'failed', cause: 'status' })
  expect(receiver.received).toHaveLength(1)
})
