import { generateKeyPairSync } from 'node:crypto'
import { importSPKI, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const repository = { owner: 'octo-org', repo: 'hello.world' }
const token = 'github_pat_0123456789'

itIsADestination({
  type: 'github',
  config: (url) => ({ base_url: url, ...repository, token }),
  secrets: [token],
  success: 204,
})

const now = Date.parse('2026-11-20T10:00:00.000Z')
const nowS = now / 1000

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers({ status: 201, body: '{"id":1,"number":7}' })
})
afterEach(() => receiver.close())

const encoded = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const event = (type: string, data: unknown): Partial<Message> => ({
  event: { ...messageOf().event, type, received_at: now },
  body: encoded(data),
})

const send = (
  message: Partial<Message> = {},
  config: object = {},
  world = worldOf({ now: () => now }),
) =>
  bound('github', { base_url: receiver.url, ...repository, token, ...config }).send(
    messageOf(message),
    addresseeOf(),
    world,
  )

const sent = (n = 0) => {
  const request = receiver.received[n]
  if (request === undefined) throw new Error('nothing came')
  return { ...request, json: JSON.parse(request.body.toString() || 'null') }
}

const video = {
  video: {
    id: 'vid_1',
    title: 'Launch',
    description: 'By @octocat, see <b>#12</b>',
    url: 'https://videos.example.com/vid_1',
    thumbnail_url: 'https://videos.example.com/vid 1.png',
    duration_s: 90,
  },
}
const mark = `<!-- switchyard:${messageOf().deliveryId} -->`

describe('a repository_dispatch', () => {
  it.each([
    ['video.generated', video],
    ['user.registered', { user: { id: 'u1', email: 'ann@example.com' } }],
    ['something.else', [1, 'two']],
  ])('of %s carries the event', async (type, data) => {
    receiver.answers(204)
    const report = await send(event(type, data))
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 204 })
    const { method, path, headers, json } = sent()
    expect([method, path]).toEqual(['POST', '/repos/octo-org/hello.world/dispatches'])
    expect(headers).toMatchObject({
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
      'user-agent': 'Switchyard/1',
      'x-github-api-version': '2022-11-28',
    })
    expect(json).toEqual({
      event_type: type,
      client_payload: {
        id: messageOf().event.id,
        type,
        time: messageOf().event.time,
        source: null,
        subject: null,
        delivery: messageOf().deliveryId,
        data,
      },
    })
  })

  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`m${i}`, i]))
  it.each([
    [
      'ten members',
      { ...eleven, m10: undefined },
      JSON.parse(JSON.stringify({ ...eleven, m10: undefined })),
    ],
    ['eleven members', eleven, { data: eleven }],
    ['no object', ['x'], { data: ['x'] }],
  ])('carries a mapped payload of %s', async (_, mapped, client_payload) => {
    await send({
      mapped: { event_type: 'deploy', client_payload: JSON.parse(JSON.stringify(mapped)) },
    })
    expect(sent().json).toEqual({ event_type: 'deploy', client_payload })
  })

  it('carries the text of what is no JSON', async () => {
    await send({ body: new TextEncoder().encode('plain') })
    expect(sent().json.client_payload.data).toBe('plain')
  })

  it.each([
    ['event_type', { event_type: 'x'.repeat(101) }],
    ['event_type', { event_type: null }],
    ['client_payload', { client_payload: { text: 'é'.repeat(33_000) } }],
  ])('is not sent where %s is more than GitHub takes', async (path, mapped) => {
    const report = await send({ mapped })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}`)
    expect(receiver.received).toEqual([])
  })

  it('is not sent where the event itself is too long', async () => {
    const report = await send(event('x', { text: 'x'.repeat(65_536) }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect((await send(event('x'.repeat(101), {}))).error).toContain('event_type')
  })
})

describe('an issue', () => {
  const config = { action: 'issue', labels: ['alpha'] }

  it('says the event in Markdown that calls nobody, with a hidden mark', async () => {
    const report = await send(event('video.generated', video), config)
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 201 })
    const { method, path, json } = sent()
    expect([method, path]).toEqual(['POST', '/repos/octo-org/hello.world/issues'])
    expect(json).toEqual({
      title: 'Launch was generated',
      labels: ['alpha'],
      body: [
        String.raw`By @<!-- -->octocat, see \<b\>\#12\</b\>`,
        String.raw`- **Video:** vid\_1` + '\n- **Duration:** 1 min 30 s',
        '![](<https://videos.example.com/vid%201.png>)',
        '[Watch](<https://videos.example.com/vid_1>)',
        mark,
      ].join('\n\n'),
    })
  })

  it.each([
    ['user.registered', { user: { name: 'Ann', email: 'ann@example.com' } }, 'Ann registered'],
    ['some.thing', null, 'Some thing'],
  ])('of %s is readable', async (type, data, title) => {
    await send(event(type, data), { action: 'issue' })
    expect(sent().json.title).toBe(title)
    expect(sent().json.body).toContain(mark)
    expect(sent().json).not.toHaveProperty('labels')
  })

  it('takes each field from the mapping, and its text as Markdown', async () => {
    await send(
      {
        mapped: {
          title: 'T',
          text: '**bold** @octocat',
          link: 'https://example.com/a>b',
          link_text: 'go [on]',
          image: null,
          fields: [{ name: 'a', value: '@b\nc' }],
          labels: ['beta'],
        },
      },
      config,
    )
    expect(sent().json).toEqual({
      title: 'T',
      labels: ['beta'],
      body: [
        '**bold** @octocat',
        '- **a:** @<!-- -->b c',
        String.raw`[go \[on\]](<https://example.com/a%3Eb>)`,
        mark,
      ].join('\n\n'),
    })
  })

  it('keeps within what GitHub takes', async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`f${i}`, '@'.repeat(3000)]),
    )
    await send({ mapped: { title: 'x'.repeat(300), text: 'é'.repeat(100_000), fields } }, config)
    const { title, body } = sent().json
    expect(title).toHaveLength(256)
    expect(body.length).toBeLessThanOrEqual(65_536)
    expect(body).toContain('…')
    expect(body).toMatch(new RegExp(`${mark}$`))
  })

  it.each([
    ['labels', 'alpha'],
    ['labels', ['x'.repeat(51)]],
    ['image', 'data:image/png;base64,'],
  ])('is not made where the mapping of %s comes to %j', async (field, value) => {
    const report = await send({ mapped: { [field]: value } }, config)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
  })

  const since = '2026-11-20T09:50:00.000Z'
  const list = (page: number) =>
    `/repos/octo-org/hello.world/issues?state=all&sort=created&direction=desc&since=${since}&per_page=100&page=${page}`
  const next = { link: '<https://api.github.com/x>; rel="next"' }
  const retry = { ...event('video.generated', video), attempt: 2 }

  it('is found by a retry in the newest ones, and not made again', async () => {
    receiver.answers({ body: JSON.stringify([{ body: 'other' }, { body: `…\n\n${mark}` }]) })
    expect((await send(retry, config)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ method, path }) => [method, path])).toEqual([['GET', list(1)]])
  })

  it('is found on a later page', async () => {
    receiver.answers({ body: '[]', headers: next }, { body: JSON.stringify([{ body: mark }]) })
    expect((await send(retry, config)).outcome).toEqual({ kind: 'delivered' })
    expect(sent(1).path).toBe(list(2))
    expect(receiver.received).toHaveLength(2)
  })

  it('is made by a retry where it is not there, after three pages at most', async () => {
    const empty = { body: '[]', headers: next }
    receiver.answers(empty, empty, empty, 201)
    expect((await send(retry, config)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'POST'])
  })

  it('is found in a list that is longer than what is read of other answers', async () => {
    const issues = Array.from({ length: 100 }, () => ({ body: 'x'.repeat(10_000) }))
    receiver.answers({ body: JSON.stringify([...issues, { body: mark }]) })
    expect((await send(retry, config)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
  })

  it.each<[string, AnswerSpec, object]>([
    ['502', 502, { kind: 'failed', cause: 'status' }],
    ['304', 304, { kind: 'failed', cause: 'status' }],
    ['204', 204, { kind: 'failed', cause: 'status' }],
    ['403', 403, { kind: 'refused', cause: 'status' }],
    ['a reset', { reset: true }, { kind: 'failed', cause: 'connection' }],
  ])('is not made blindly where the list answers %s', async (_, answer, outcome) => {
    receiver.answers(answer)
    const report = await send(retry, config)
    expect(report.outcome).toEqual(outcome)
    expect(report.error).toBeTruthy()
    expect(receiver.received).toHaveLength(1)
  })
})

describe('a comment', () => {
  const config = { action: 'comment', issue_number: 12 }

  it('is posted to the issue of the config', async () => {
    await send(event('some.thing', { message: 'Hello' }), config)
    const { path, json } = sent()
    expect(path).toBe('/repos/octo-org/hello.world/issues/12/comments')
    expect(json.body).toMatch(/^\*\*Some thing\*\*\n\nHello\n\n/)
    expect(json.body).toMatch(new RegExp(`${mark}$`))
  })

  it('is nothing but its text, where the mapping wrote one', async () => {
    await send({ mapped: { text: 'LGTM', fields: {}, link: null, image: null } }, config)
    expect(sent().json.body).toBe(`LGTM\n\n${mark}`)
  })

  it.each([
    [{ pull_request: { number: 3 } }, {}, 3],
    [{ issue: { number: 4 } }, {}, 4],
    [{ issue: { number: 4 } }, { issue_number: '5' }, 5],
  ])('is posted to what %j and the mapping %j name', async (data, mapped, number) => {
    await send({ ...event('push', data), mapped }, { action: 'comment' })
    expect(sent().path).toBe(`/repos/octo-org/hello.world/issues/${number}/comments`)
  })

  it.each([[{}], [{ issue_number: -1 }], [{ issue_number: 1.5 }], [{ issue_number: 'x' }]])(
    'needs a number, which %j does not name',
    async (mapped) => {
      const report = await send({ mapped }, { action: 'comment' })
      expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
      expect(report.error).toContain('mapping.issue_number')
    },
  )

  it('is found by a retry, and not written again', async () => {
    receiver.answers({ body: JSON.stringify([{ body: mark }]) })
    const retry = { ...event('some.thing', {}), attempt: 3 }
    expect((await send(retry, config)).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ path }) => path)).toEqual([
      '/repos/octo-org/hello.world/issues/12/comments?since=2026-11-20T09:50:00.000Z&per_page=100&page=1',
    ])
  })
})

describe('what an answer means', () => {
  const limited = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowS + 120) }
  it.each<[number, Record<string, string>, object]>([
    [200, {}, { kind: 'delivered' }],
    [201, {}, { kind: 'delivered' }],
    [204, {}, { kind: 'delivered' }],
    [400, {}, { kind: 'refused', cause: 'status' }],
    [401, {}, { kind: 'refused', cause: 'credentials' }],
    [403, {}, { kind: 'refused', cause: 'status' }],
    [
      403,
      { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '1' },
      { kind: 'refused', cause: 'status' },
    ],
    [
      403,
      { 'retry-after': '30' },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 30_000 },
    ],
    [403, limited, { kind: 'failed', cause: 'rate_limited', retry_after_ms: 120_000 }],
    [429, limited, { kind: 'failed', cause: 'rate_limited', retry_after_ms: 120_000 }],
    [
      429,
      { ...limited, 'retry-after': '5' },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 5000 },
    ],
    [429, {}, { kind: 'failed', cause: 'rate_limited', retry_after_ms: 60_000 }],
    [404, {}, { kind: 'refused', cause: 'status' }],
    [410, {}, { kind: 'refused', cause: 'status' }],
    [422, {}, { kind: 'refused', cause: 'status' }],
    [500, limited, { kind: 'failed', cause: 'status' }],
    [503, { 'retry-after': '9' }, { kind: 'failed', cause: 'status', retry_after_ms: 9000 }],
  ])('%i with %j: %j', async (status, headers, outcome) => {
    receiver.answers({ status, headers })
    expect((await send()).outcome).toEqual(outcome)
    expect(receiver.received).toHaveLength(1)
  })
})

describe('a GitHub App', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const appWith = (type: 'pkcs1' | 'pkcs8') => ({
    token: undefined,
    app: {
      app_id: '12345',
      installation_id: '678',
      private_key: pair.privateKey.export({ type, format: 'pem' }).toString(),
    },
  })
  const gives = (value: string): AnswerSpec => ({
    status: 201,
    body: JSON.stringify({ token: value, expires_at: '2026-11-20T11:00:00Z' }),
  })

  it.each(['pkcs1', 'pkcs8'] as const)(
    'with a key in %s asks for a token by a JWT',
    async (type) => {
      receiver.answers(gives('ghs_1'), 204)
      expect((await send({}, appWith(type))).outcome).toEqual({ kind: 'delivered' })
      const { method, path, headers } = sent()
      expect([method, path]).toEqual(['POST', '/app/installations/678/access_tokens'])
      const jwt = headers['authorization']?.replace('Bearer ', '') ?? ''
      const verified = await jwtVerify(jwt, await importSPKI(spki, 'RS256'), {
        currentDate: new Date(now),
        issuer: '12345',
      })
      expect(verified.payload).toEqual({ iss: '12345', iat: nowS - 60, exp: nowS + 540 })
      expect(sent(1).headers['authorization']).toBe('Bearer ghs_1')
    },
  )

  it('asks once for a hundred deliveries at once', async () => {
    receiver.answers(gives('ghs_1'), 204)
    const world = worldOf({ now: () => now })
    const reports = await Promise.all(
      Array.from({ length: 100 }, () => send({}, appWith('pkcs1'), world)),
    )
    expect(reports.every(({ outcome }) => outcome.kind === 'delivered')).toBe(true)
    expect(receiver.received.filter(({ path }) => path.includes('access_tokens'))).toHaveLength(1)
  })

  it('asks for another token once, where GitHub refuses the first', async () => {
    receiver.answers(gives('ghs_1'), 401, gives('ghs_2'), 401, 204)
    const report = await send({}, appWith('pkcs1'))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(receiver.received.map(({ headers }) => headers['authorization']).slice(3)).toEqual([
      'Bearer ghs_2',
    ])
    expect(receiver.received).toHaveLength(4)
  })

  it.each<[string, AnswerSpec, string]>([
    ['404', 404, '404'],
    ['no token', { status: 201, body: '{}' }, '201'],
    ['a reset', { reset: true }, 'connection'],
  ])('says that GitHub gave it no token: %s', async (_, answer, said) => {
    receiver.answers(answer)
    const report = await send({}, appWith('pkcs1'))
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'credentials' })
    expect(report.error).toContain(said)
    expect(receiver.received).toHaveLength(1)
  })

  it('shows neither its key nor its token', async () => {
    receiver.answers(gives('ghs_secret_token'), ({ headers }) => ({
      status: 500,
      body: JSON.stringify(headers),
    }))
    const config = appWith('pkcs8')
    const report = JSON.stringify(await send({}, config))
    expect(report).toContain('••••')
    expect(report).not.toContain('ghs_secret_token')
    expect(bound('github', { ...repository, ...config }).secretPaths).toContain('app.private_key')
  })

  it('asks no private address for a token', async () => {
    const report = await send({}, appWith('pkcs1'), worldOf({ allowlist: [] }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'blocked_address' })
    expect(receiver.received).toEqual([])
  })
})

it.each([
  ['neither a token nor an app', { token: undefined }, 'token'],
  ['a path for a repository', { repo: '../x' }, 'repo'],
  ['a dot for a repository', { repo: '..' }, 'repo'],
  [
    'a key that is none',
    { token: undefined, app: { app_id: '1', installation_id: '1', private_key: 'x' } },
    'private_key',
  ],
  ['an unknown action', { action: 'push' }, 'action'],
])('refuses a config with %s', (_, config, said) => {
  expect(() => bound('github', { ...repository, token, ...config })).toThrow(said)
})

it('calls github.com where nothing else is told', () => {
  expect(bound('github', { ...repository, token }).address).toBe('https://api.github.com')
})

describe('a 403', () => {
  const said = (message: string) => ({ status: 403, body: JSON.stringify({ message }) })

  it('that names a secondary limit and no time is waited out for a minute', async () => {
    receiver.answers(said('You have exceeded a secondary rate limit. Please wait a few minutes.'))
    expect((await send()).outcome).toEqual({
      kind: 'failed',
      cause: 'rate_limited',
      retry_after_ms: 60_000,
    })
  })

  it('that does not is a refusal', async () => {
    receiver.answers(said('Resource not accessible by personal access token'))
    expect((await send()).outcome).toEqual({ kind: 'refused', cause: 'status' })
  })
})

it('sends no labels where the mapping says null', async () => {
  await send({ mapped: { labels: null } }, { action: 'issue', labels: ['l1'] })
  expect(sent().json).not.toHaveProperty('labels')
})

it.each(['{}', '', '<html>', 'null'])('does not write where the look answers %j', async (body) => {
  receiver.answers({ status: 200, body })
  const report = await send({ attempt: 2 }, { action: 'issue' })
  expect(report.outcome).toEqual({ kind: 'failed', cause: 'status' })
  expect(receiver.received).toHaveLength(1)
})
