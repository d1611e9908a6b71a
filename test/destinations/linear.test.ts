import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { LinearClient } from '@linear/sdk'
import { Kind, parse, print } from 'graphql'
import type { FieldNode, OperationDefinitionNode } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { destinationTypes } from '../../src/destinations/index.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const key = 'lin_api_0123456789'
const team_id = '9cfb482a-81e3-4154-b5b9-2c805e70a02d'
const made = {
  headers: { 'content-type': 'application/json' },
  body: '{"data":{"issueCreate":{"success":true,"issue":{"id":"1"}}}}',
}

itIsADestination({
  type: 'linear',
  config: (url) => ({ base_url: url, api_key: key, team_id }),
  secrets: [key],
  success: made,
})

const now = Date.parse('2026-11-20T10:00:00.000Z')

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(made)
})
afterEach(() => receiver.close())

const encoded = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const event = (type: string, data: unknown): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: encoded(data),
})
const video = {
  video: {
    id: 'vid_1',
    title: 'Launch',
    description: 'Our *launch*',
    url: 'https://videos.example.com/vid_1',
    duration_s: 90,
  },
}

const send = (
  message: Partial<Message> = {},
  config: object = {},
  world = worldOf({ now: () => now }),
) =>
  bound('linear', { base_url: receiver.url, api_key: key, team_id, ...config }).send(
    messageOf(message),
    addresseeOf(),
    world,
  )

const sent = (n = 0) => {
  const request = receiver.received[n]
  if (request === undefined) throw new Error('nothing came')
  return { ...request, json: JSON.parse(request.body.toString()) }
}
const input = (n = 0) => sent(n).json.variables.input

/** The members of a type of Linear's schema, as its SDK declares them. */
function membersOf(type: string): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('@linear/sdk'))
  const declared = readdirSync(folder)
    .filter((name) => /^index-.*\.d\.mts$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const [, body = ''] =
    new RegExp(`^type ${type} = (?:Node & )?\\{\n(.*?)^\\};`, 'ms').exec(declared) ?? []
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name = '']) => name)
}

const operationOf = (query: string): OperationDefinitionNode => {
  const operation = parse(query).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  return operation as OperationDefinitionNode // `find` does not narrow.
}
const fieldOf = (query: string): FieldNode =>
  operationOf(query).selectionSet.selections[0] as FieldNode // It is no fragment.

describe('a new issue', () => {
  it('is one mutation with an id that follows from the delivery', async () => {
    const report = await send(event('video.generated', video))
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 200 })
    const { method, path, headers } = sent()
    expect([method, path]).toEqual(['POST', '/graphql'])
    expect(headers).toMatchObject({ authorization: key, 'content-type': 'application/json' })
    expect(input()).toEqual({
      id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      teamId: team_id,
      title: 'Launch was generated',
      description: [
        String.raw`Our \*launch\*`,
        String.raw`- **Video:** vid\_1` + '\n- **Duration:** 1 min 30 s',
        '[Watch](<https://videos.example.com/vid_1>)',
      ].join('\n\n'),
    })
    await send({ ...event('video.generated', video), attempt: 2 })
    await send({ ...event('video.generated', video), deliveryId: 'dlv_other' })
    expect(input(1).id).toBe(input().id)
    expect(input(2).id).not.toBe(input().id)
  })

  it('is the same call as that of Linear’s own SDK', async () => {
    await send(event('video.generated', video), { priority: 2, label_ids: ['l1'] })
    const client = new LinearClient({ apiKey: key, apiUrl: `${receiver.url}/graphql` })
    await client.createIssue(input())
    const [ours, theirs] = [sent(), sent(1)]
    expect(theirs).toMatchObject({ method: ours.method, path: ours.path })
    expect(theirs.headers['authorization']).toBe(ours.headers['authorization'])
    expect(theirs.json.variables).toEqual(ours.json.variables)
    const [own, other] = [operationOf(ours.json.query), operationOf(theirs.json.query)]
    expect(own.operation).toBe(other.operation)
    expect((own.variableDefinitions ?? []).map(print)).toEqual(
      (other.variableDefinitions ?? []).map(print),
    )
    const [mutation, others] = [fieldOf(ours.json.query), fieldOf(theirs.json.query)]
    expect(mutation.name.value).toBe(others.name.value)
    expect((mutation.arguments ?? []).map(print)).toEqual((others.arguments ?? []).map(print))
  })

  it('names only what Linear’s schema has', async () => {
    await send(
      {},
      { state_id: 's1', project_id: 'p1', assignee_id: 'u1', label_ids: ['l1'], priority: 1 },
    )
    const known = membersOf('IssueCreateInput')
    expect(known).toContain('teamId')
    expect(Object.keys(input()).filter((name) => !known.includes(name))).toEqual([])
    const [success, issue] = fieldOf(sent().json.query).selectionSet?.selections ?? []
    expect(membersOf('IssuePayload')).toEqual(
      expect.arrayContaining([(success as FieldNode).name.value, (issue as FieldNode).name.value]),
    )
    const inner = ((issue as FieldNode).selectionSet?.selections ?? []) as FieldNode[]
    expect(membersOf('Issue')).toEqual(expect.arrayContaining(inner.map(({ name }) => name.value)))
  })

  it.each([
    ['user.registered', { user: { name: 'Ann', email: 'ann@example.com' } }, 'Ann registered'],
    ['some.thing', null, 'Some thing'],
    ['some.thing', 'text', 'Some thing'],
  ])('of %s is readable', async (type, data, title) => {
    expect((await send(event(type, data))).outcome).toEqual({ kind: 'delivered' })
    expect(input().title).toBe(title)
  })

  it('takes each field from the mapping', async () => {
    await send({
      mapped: {
        title: 'T',
        text: '**bold**',
        link: null,
        image: 'https://example.com/x.png',
        fields: { a: 1 },
        team_id: 't2',
        state_id: 's2',
        project_id: 'p2',
        assignee_id: 'u2',
        label_ids: ['l2'],
        priority: '3',
      },
    })
    expect(input()).toEqual({
      id: input().id,
      title: 'T',
      description: '**bold**\n\n- **a:** 1\n\n![](<https://example.com/x.png>)',
      teamId: 't2',
      stateId: 's2',
      projectId: 'p2',
      assigneeId: 'u2',
      labelIds: ['l2'],
      priority: 3,
    })
  })

  it.each([
    ['priority', 5],
    ['priority', 'high'],
    ['team_id', null],
    ['label_ids', 'l1'],
    ['fields', 7],
  ])('is not made where the mapping of %s comes to %j', async (field, value) => {
    const report = await send({ mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
    expect(receiver.received).toEqual([])
  })

  it('is cut to what fits', async () => {
    await send({ mapped: { title: 'x'.repeat(300), text: 'y'.repeat(100_000) } })
    expect(input().title).toHaveLength(255)
    expect(input().description.length).toBeLessThanOrEqual(65_536)
    expect(input().description).toContain('y…')
  })
})

const failing = (message: string, extensions: object, status = 200): AnswerSpec => ({
  status,
  body: JSON.stringify({ data: null, errors: [{ message, extensions }] }),
})

describe('what an answer means', () => {
  const refused = { kind: 'refused', cause: 'status' }
  const retry = { kind: 'failed', cause: 'status' }
  it.each<[string, AnswerSpec, object]>([
    ['success', made, { kind: 'delivered' }],
    ['success: false', { body: '{"data":{"issueCreate":{"success":false}}}' }, refused],
    ['no data', { body: '{"data":null}' }, refused],
    ['no JSON', { body: '<html>' }, retry],
    ['nothing', 200, retry],
    [
      'invalid input',
      failing('Argument Validation Error', { type: 'invalid input', code: 'INVALID_INPUT' }),
      refused,
    ],
    ['invalid input with 400', failing('x', { type: 'invalid input' }, 400), refused],
    ['forbidden', failing('x', { type: 'forbidden', code: 'FORBIDDEN' }), refused],
    ['feature not accessible', failing('x', { type: 'feature not accessible' }), refused],
    ['usage limit exceeded', failing('x', { type: 'usage limit exceeded' }), refused],
    ['graphql error', failing('x', { code: 'GRAPHQL_VALIDATION_FAILED' }, 400), refused],
    [
      'authentication error',
      failing('x', { type: 'authentication error', code: 'AUTHENTICATION_ERROR' }, 400),
      { kind: 'refused', cause: 'credentials' },
    ],
    ['401', 401, { kind: 'refused', cause: 'credentials' }],
    ['internal error', failing('x', { type: 'internal error' }), retry],
    ['internal server error', failing('x', { code: 'INTERNAL_SERVER_ERROR' }), retry],
    ['lock timeout', failing('x', { type: 'lock timeout' }, 400), retry],
    ['429', 429, { kind: 'failed', cause: 'rate_limited' }],
    ['500 with an input error', failing('x', { type: 'invalid input' }, 500), retry],
    ['410', 410, refused],
  ])('%s', async (_, answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
    expect(receiver.received).toHaveLength(1)
  })

  it('says what Linear said', async () => {
    receiver.answers(failing('Argument Validation Error', { type: 'invalid input' }))
    expect((await send()).error).toBe('Linear: Argument Validation Error')
  })

  const at = (ms: number) => String(now + ms)
  it.each<[string, Record<string, string>, number | undefined]>([
    ['nothing', {}, undefined],
    ['Retry-After', { 'retry-after': '3' }, 3000],
    ['a reset in ms', { 'x-ratelimit-requests-reset': at(60_000) }, 60_000],
    ['a reset in s', { 'x-ratelimit-requests-reset': String(now / 1000 + 60) }, 60_000],
    [
      'the reset of what is used up',
      {
        'x-ratelimit-requests-remaining': '12',
        'x-ratelimit-requests-reset': at(900_000),
        'x-ratelimit-complexity-remaining': '0',
        'x-ratelimit-complexity-reset': at(30_000),
      },
      30_000,
    ],
    ['a reset that has passed', { 'x-ratelimit-requests-reset': at(-5) }, 0],
  ])('400 RATELIMITED with %s', async (_, headers, wait) => {
    receiver.answers({
      status: 400,
      headers,
      body: JSON.stringify({ errors: [{ message: 'slow', extensions: { code: 'RATELIMITED' } }] }),
    })
    expect((await send()).outcome).toEqual({
      kind: 'failed',
      cause: 'rate_limited',
      ...(wait === undefined ? {} : { retry_after_ms: wait }),
    })
  })
})

describe('a retry', () => {
  const taken = failing('whatever Linear says of an id that is taken', { type: 'invalid input' })

  it('counts as delivered where the id is refused and the issue is there', async () => {
    receiver.answers(taken, { body: '{"data":{"issue":{"id":"1"}}}' })
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(sent(1).json.variables).toEqual({ id: input().id })
    const issue = fieldOf(sent(1).json.query)
    expect(print(issue)).toBe('issue(id: $id) {\n  id\n}')
    const client = new LinearClient({ apiKey: key, apiUrl: `${receiver.url}/graphql` })
    await client.issue(input().id).catch(() => null)
    expect(sent(2).json.variables).toEqual(sent(1).json.variables)
    expect((fieldOf(sent(2).json.query).arguments ?? []).map(print)).toEqual(
      (issue.arguments ?? []).map(print),
    )
  })

  it.each<[string, AnswerSpec, object]>([
    [
      'the issue is not there',
      failing('Entity not found', { type: 'invalid input' }),
      { kind: 'refused', cause: 'status' },
    ],
    ['nobody can tell', { reset: true }, { kind: 'failed', cause: 'connection' }],
  ])('is refused as before where %s', async (_, answer, outcome) => {
    receiver.answers(taken, answer)
    const report = await send({ attempt: 2 })
    expect(report.outcome).toEqual(outcome)
  })

  it('asks nothing after a refusal of the key', async () => {
    receiver.answers(401)
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(receiver.received).toHaveLength(1)
  })
})

describe('an account connected by consent', () => {
  const oauth = {
    client_id: 'client-1',
    client_secret: 'client-secret-1',
    refresh_token: 'refresh-1',
  }
  const config = { api_key: undefined, oauth }
  const gives = (access: string, refresh: string): AnswerSpec => ({
    body: JSON.stringify({
      access_token: access,
      token_type: 'Bearer',
      expires_in: 86_399,
      refresh_token: refresh,
    }),
  })
  const form = (n: number) =>
    Object.fromEntries(new URLSearchParams(receiver.received[n]?.body.toString()))

  it('gets its token by its refresh token, and the next one by the next', async () => {
    receiver.answers(gives('access-1', 'refresh-2'), 401, gives('access-2', 'refresh-3'), made)
    const report = await send({}, config)
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ path }) => path)).toEqual([
      '/oauth/token',
      '/graphql',
      '/oauth/token',
      '/graphql',
    ])
    expect(form(0)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-1',
      client_id: 'client-1',
      client_secret: 'client-secret-1',
    })
    expect(form(2)).toMatchObject({ refresh_token: 'refresh-2' })
    expect(sent(3).headers['authorization']).toBe('Bearer access-2')
    expect(JSON.stringify(report)).not.toMatch(/access-\d|refresh-\d|client-secret/)
  })

  it('waits for its consent', async () => {
    const report = await send({}, { ...config, oauth: { ...oauth, refresh_token: undefined } })
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'credentials' })
    expect(report.error).toContain('not connected')
  })

  it('says where it is asked for, and keeps what comes of it', () => {
    const { linear } = destinationTypes
    const read = (parts: object) => linear.config.parse({ team_id, ...parts })
    expect(linear.consent?.(read({ api_key: key }))).toBeNull()
    const consent = linear.consent?.(read({ oauth }))
    expect(consent).toMatchObject({
      authorizeUrl: 'https://linear.app/oauth/authorize',
      tokenUrl: 'https://api.linear.app/oauth/token',
      clientId: 'client-1',
      scopes: ['read', 'issues:create'],
      scopeSeparator: ',',
      pkce: true,
    })
    expect(consent?.learned({ refresh_token: 'r2', access_token: 'a2' })).toEqual({
      ok: true,
      value: { oauth: { refresh_token: 'r2' } },
    })
    expect(consent?.learned({ access_token: 'a2' }).ok).toBe(false)
  })
})

it.each([
  ['no credentials', { api_key: undefined }, 'api_key'],
  ['two credentials', { oauth: { client_id: 'a', client_secret: 'b' } }, 'api_key'],
  ['no team', { team_id: undefined }, 'team_id'],
  ['a priority of 5', { priority: 5 }, 'priority'],
])('refuses a config with %s', (_, config, said) => {
  expect(() => bound('linear', { api_key: key, team_id, ...config })).toThrow(said)
})

describe('what Linear says', () => {
  const errors = (message: string, code: string) =>
    JSON.stringify({ errors: [{ message, extensions: { code } }] })

  it('stands in the error without the credentials that it may repeat', async () => {
    receiver.answers({ status: 400, body: errors(`bad key ${key}`, 'INVALID_INPUT') })
    expect((await send()).error).toBe('Linear: bad key ••••')
  })

  it('also of a token that was fetched for the attempt', async () => {
    const oauth = { client_id: 'id', client_secret: 'secret-of-app', refresh_token: 'r1' }
    receiver.answers(
      { body: JSON.stringify({ access_token: 'fetched-token-1', expires_in: 60 }) },
      { status: 400, body: errors(`${'x'.repeat(285)} fetched-token-1`, 'INVALID_INPUT') },
    )
    const report = await send({}, { api_key: undefined, oauth })
    expect(report.error).toContain('••••')
    expect(JSON.stringify(report)).not.toContain('fetched-tok')
  })

  it('of an expired token asks for another, whatever the status, and once', async () => {
    const oauth = { client_id: 'id', client_secret: 'secret-of-app', refresh_token: 'r1' }
    const tokenOf = (access_token: string) => ({ body: JSON.stringify({ access_token }) })
    const expired = { status: 400, body: errors('expired', 'AUTHENTICATION_ERROR') }
    receiver.answers(tokenOf('one'), expired, tokenOf('two'), made)
    expect((await send({}, { api_key: undefined, oauth })).outcome).toEqual({ kind: 'delivered' })
    expect(sent(3).headers.authorization).toBe('Bearer two')
    receiver.answers(tokenOf('three'), expired, tokenOf('four'), expired)
    expect((await send({}, { api_key: undefined, oauth })).outcome).toEqual({
      kind: 'refused',
      cause: 'credentials',
    })
    expect(receiver.received).toHaveLength(8)
  })

  it('to the look for an issue is no answer where it is a bad day', async () => {
    receiver.answers(
      { status: 400, body: errors('taken', 'INVALID_INPUT') },
      { status: 503, body: 'a bad day' },
    )
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'failed', cause: 'status' })
  })
})

it('sends no labels where the mapping says null', async () => {
  await send({ mapped: { label_ids: null } }, { label_ids: ['l1'] })
  expect(input()).not.toHaveProperty('labelIds')
})
