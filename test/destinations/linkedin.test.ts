import { RestliClient } from 'linkedin-api-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { linkedin } from '../../src/destinations/linkedin.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { memoryTokens } from '../support/tokens.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const access_token = 'AQX-access-token-of-the-member'
const oauth = {
  client_id: 'client-1',
  client_secret: 'client-secret-of-the-app',
  refresh_token: 'refresh-token-of-the-member',
}
const author = 'urn:li:person:KPA1hpZ1yM'
const posted: AnswerParts = { status: 201, headers: { 'x-restli-id': 'urn:li:share:1' } }

itIsADestination({
  type: 'linkedin',
  config: (base_url) => ({
    access_token,
    author,
    base_url,
    oauth: { client_id: 'client-1', client_secret: oauth.client_secret },
  }),
  secrets: [access_token, oauth.client_secret],
  success: posted,
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(posted)
})
afterEach(() => receiver.close())

const eventOf = (type: string, data: Json): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: Buffer.from(JSON.stringify(data)),
})

const send = (config: object = {}, message: Partial<Message> = {}, now = Date.now) =>
  bound('linkedin', { access_token, author, base_url: receiver.url, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf({ now }),
  )

interface Post {
  commentary: string
  [member: string]: Json
}
const written = (): Post => JSON.parse(receiver.received.at(-1)?.body.toString() ?? '') as Post // The test fails where it is not.

const video = {
  video: { title: 'The "launch"', description: 'Two minutes.', url: 'https://v.example/1' },
}

describe('what LinkedIn gets', () => {
  it('is a post with the link as its article, for video.generated', async () => {
    expect((await send({}, eventOf('video.generated', video))).outcome.kind).toBe('delivered')
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/rest/posts',
      headers: {
        authorization: `Bearer ${access_token}`,
        'linkedin-version': '202610',
        'x-restli-protocol-version': '2.0.0',
        'content-type': 'application/json',
      },
    })
    expect(written()).toEqual({
      author,
      commentary: 'The "launch" was generated\n\nTwo minutes.',
      visibility: 'PUBLIC',
      distribution: {
        feedDistribution: 'MAIN_FEED',
        targetEntities: [],
        thirdPartyDistributionChannels: [],
      },
      content: {
        article: { source: 'https://v.example/1', title: 'The "launch" was generated' },
      },
      lifecycleState: 'PUBLISHED',
      isReshareDisabledByAuthor: false,
    })
  })

  it('tells of a user without the address, which is nobody else’s to read', async () => {
    await send({}, eventOf('user.registered', { user: { name: 'Ann', email: 'ann@a.example' } }))
    expect(written().commentary).toBe('Ann registered')
    expect(written()).not.toHaveProperty('content')
  })

  it.each<[string, Json, string]>([
    ['order.paid', { total: 5, message: 'Paid' }, 'Order paid\n\nPaid'],
    ['order.paid', null, 'Order paid'],
    ['', [], 'Event'],
  ])('is a readable post for %j with %j', async (type, data, commentary) => {
    await send({}, eventOf(type, data))
    expect(written().commentary).toBe(commentary)
  })

  it('has all of LinkedIn’s reserved characters escaped, so that an event mentions nobody', async () => {
    const commentary = 'a|b{c}@[Acme](urn:li:organization:1)<d>#e\\f*g_h~i'
    await send({}, { mapped: { commentary } })
    const plain = written().commentary
    expect(plain).toBe(
      'a\\|b\\{c\\}\\@\\[Acme\\]\\(urn:li:organization:1\\)\\<d\\>\\#e\\\\f\\*g\\_h\\~i',
    )
    expect(plain.replaceAll(/\\(.)/g, '$1')).toBe(commentary)
  })

  it('ends with the hashtags of the config', async () => {
    await send({ hashtags: ['Launch', 'Größe'] }, { mapped: { commentary: 'Now' } })
    expect(written().commentary).toBe('Now\n\n{hashtag|\\#|Launch} {hashtag|\\#|Größe}')
  })

  it('has the version, the visibility and the author of the config', async () => {
    const organization = 'urn:li:organization:5515715'
    await send({ version: '202609', visibility: 'LOGGED_IN', author: organization })
    expect(receiver.received[0]?.headers['linkedin-version']).toBe('202609')
    expect(written()).toMatchObject({ visibility: 'LOGGED_IN', author: organization })
  })

  it('is what the vendor’s own client sends for the same call', async () => {
    await send({}, eventOf('video.generated', video))
    const client = new RestliClient({ proxy: false })
    const { hostname, port } = new URL(receiver.url)
    await client.create({
      resourcePath: '/posts',
      entity: written(),
      versionString: '202610',
      accessToken: access_token,
      additionalConfig: { url: `http://${hostname}:${port}/rest/posts` },
    })
    const [ours, theirs] = receiver.received
    expect(theirs).toMatchObject({ method: ours?.method, path: ours?.path })
    expect(JSON.parse(theirs?.body.toString() ?? '')).toEqual(
      JSON.parse(ours?.body.toString() ?? ''),
    )
    const names = ['authorization', 'linkedin-version', 'x-restli-protocol-version']
    for (const name of [...names, 'x-restli-method', 'content-type']) {
      expect(ours?.headers[name], name).toBe(theirs?.headers[name])
    }
  })
})

describe('a mapping', () => {
  it.each<[string, Json, object]>([
    ['commentary', 'C', { commentary: 'C' }],
    ['title', 'T', { commentary: 'T\n\nTwo minutes.', content: { article: { title: 'T' } } }],
    ['text', null, { commentary: 'The "launch" was generated' }],
    ['link', 'https://l.example/', { content: { article: { source: 'https://l.example/' } } }],
  ])('replaces %s', async (field, value, part) => {
    await send({}, { ...eventOf('video.generated', video), mapped: { [field]: value } })
    expect(written()).toMatchObject(part)
  })

  it.each([
    ['plain text', 'a'.repeat(4000)],
    ['text full of reserved characters', '(#)_'.repeat(1500)],
    ['text of long characters', '👩‍👩‍👧'.repeat(600)],
  ])(
    'that yields %s is cut to 3,000 characters as written, hashtags kept',
    async (_, commentary) => {
      await send({ hashtags: ['Launch'] }, { mapped: { commentary } })
      const text = written().commentary
      expect(text.length).toBeLessThanOrEqual(3000)
      expect(text.length).toBeGreaterThan(2900)
      expect(text).toMatch(/…\n\n\{hashtag\|\\#\|Launch\}$/)
      expect(text.isWellFormed()).toBe(true)
    },
  )

  it('has the article’s title cut', async () => {
    const mapped = { title: 't'.repeat(500), link: 'https://l.example/' }
    await send({}, { mapped })
    const article = { title: `${'t'.repeat(399)}…` }
    expect(written()).toMatchObject({ content: { article } })
  })

  it.each<[string, Json]>([
    ['link', 'not a link'],
    ['commentary', { a: 1 }],
    ['title', ['x']],
  ])('of %s that comes to %j is dead', async (field, value) => {
    const report = await send({}, { mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
    expect(receiver.received).toEqual([])
  })
})

describe('what an answer means', () => {
  const now = Date.parse('2026-11-20T22:00:00Z')
  const refused = { kind: 'refused', cause: 'status' }
  const failed = { kind: 'failed', cause: 'status' }
  const limited = { kind: 'failed', cause: 'rate_limited' }
  const duplicate = JSON.stringify({
    errorDetailType: 'com.linkedin.common.error.BadRequest',
    message: 'Content is a duplicate of urn:li:share:7141138937766391808',
    errorDetails: {
      inputErrors: [
        { description: 'Duplicate post is detected', input: {}, code: 'DUPLICATE_POST' },
      ],
    },
    status: 422,
  })
  const throttled =
    '{"message":"Resource level throttle limit for calls to this resource is reached."}'
  it.each<[number, string, number, object]>([
    [201, '', 1, { kind: 'delivered' }],
    [400, '{"code":"MISSING_FIELD"}', 1, refused],
    [401, '{"code":"REVOKED_ACCESS_TOKEN"}', 1, { kind: 'refused', cause: 'credentials' }],
    [403, '{"code":"ACCESS_DENIED"}', 1, refused],
    [422, duplicate, 1, refused],
    [422, duplicate, 2, { kind: 'delivered' }],
    [422, '{"message":"Content is a duplicate of urn:li:share:1"}', 3, { kind: 'delivered' }],
    [422, '{"message":"Unprocessable"}', 2, refused],
    [400, duplicate, 2, refused],
    [426, '{"code":"NONEXISTENT_VERSION"}', 1, refused],
    [429, throttled, 1, { ...limited, retry_after_ms: 7_200_000 }],
    [429, '{"message":"Too many requests"}', 1, limited],
    [500, '', 1, failed],
    [504, '', 2, failed],
  ])('%i with %s at attempt %i: %j', async (status, body, attempt, outcome) => {
    receiver.answers({ status, body })
    expect((await send({}, { attempt }, () => now)).outcome).toEqual(outcome)
  })
})

describe('an account connected by consent', () => {
  const token = (value: string, more: object = {}): AnswerParts => ({
    body: JSON.stringify({ access_token: value, expires_in: 5_184_000, ...more }),
  })
  const connected = { access_token: undefined, oauth }

  it('gets its access token by the refresh token', async () => {
    receiver.answers(token('fresh-access-token'), posted)
    const report = await send(connected)
    expect(report.outcome).toEqual({ kind: 'delivered' })
    const [refreshed, post] = receiver.received
    expect(refreshed?.path).toBe('/oauth/v2/accessToken')
    expect(Object.fromEntries(new URLSearchParams(refreshed?.body.toString()))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: oauth.refresh_token,
      client_id: oauth.client_id,
      client_secret: oauth.client_secret,
    })
    expect(post?.headers['authorization']).toBe('Bearer fresh-access-token')
    expect(JSON.stringify(report)).not.toContain('fresh-access-token')
  })

  it('is refreshed once after a 401, and then the attempt fails', async () => {
    receiver.answers(token('stale-token-1'), 401, token('stale-token-2'), 401)
    const report = await send(connected)
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(receiver.received.map(({ path }) => path)).toEqual([
      '/oauth/v2/accessToken',
      '/rest/posts',
      '/oauth/v2/accessToken',
      '/rest/posts',
    ])
  })

  it('is refreshed once however many deliveries wait', async () => {
    receiver.answers(({ path }) => (path === '/rest/posts' ? posted : token('one-for-all')))
    const world = worldOf({ tokens: memoryTokens(Date.now) })
    const destination = bound('linkedin', { author, oauth, base_url: receiver.url })
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => destination.send(messageOf(), addresseeOf(), world)),
    )
    expect(outcomes.every(({ outcome }) => outcome.kind === 'delivered')).toBe(true)
    const refreshes = receiver.received.filter(({ path }) => path !== '/rest/posts')
    expect(refreshes).toHaveLength(1)
  })

  it('that is not there yet is said to be missing, and nothing is sent', async () => {
    const { refresh_token: _, ...app } = oauth
    const report = await send({ access_token: undefined, oauth: app })
    expect(report.outcome).toMatchObject({ cause: 'credentials' })
    expect(report.error).toContain('not connected')
    expect(receiver.received).toEqual([])
  })

  it.each([
    [author, 'w_member_social'],
    ['urn:li:organization:1', 'w_organization_social'],
  ])('asks for %s for %s', (by, scope) => {
    const config = linkedin.config.parse({ author: by, oauth })
    expect(linkedin.consent?.(config)).toMatchObject({
      authorizeUrl: 'https://www.linkedin.com/oauth/v2/authorization',
      tokenUrl: 'https://www.linkedin.com/oauth/v2/accessToken',
      clientId: oauth.client_id,
      scopes: [scope],
    })
  })

  it.each<[Json, object]>([
    [
      { access_token: 'at', refresh_token: 'rt' },
      { ok: true, value: { access_token: 'at', oauth: { refresh_token: 'rt' } } },
    ],
    [{ access_token: 'at' }, { ok: true, value: { access_token: 'at' } }],
    [{ error: 'no' }, { ok: false }],
    [null, { ok: false }],
  ])('learns from %j', (answer, learned) => {
    const config = linkedin.config.parse({ author, oauth })
    expect(linkedin.consent?.(config)?.learned(answer)).toMatchObject(learned)
  })

  it('needs no consent where the config holds a token alone', () => {
    expect(linkedin.consent?.(linkedin.config.parse({ author, access_token }))).toBeNull()
  })
})

it.each([
  [{ author: 'urn:li:person:' }, 'author'],
  [{ author: 'KPA1hpZ1yM' }, 'author'],
  [{ version: '202613' }, 'version'],
  [{ hashtags: ['#a'] }, 'hashtags'],
  [{ access_token: undefined }, 'access_token'],
])('refuses a config of %j', (config, path) => {
  expect(() => bound('linkedin', { access_token, author, ...config })).toThrow(path)
})
