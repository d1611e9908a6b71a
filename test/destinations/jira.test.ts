import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import Ajv from 'ajv'
import { createCloudClient } from 'jira.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const credentials = { email: 'jane@example.com', api_token: 'api-token-of-jane' }

itIsADestination({
  type: 'jira',
  // With the label, an unknown outcome holds the next attempt back: see below.
  config: (url) => ({ base_url: url, ...credentials, project: 'OPS', delivery_label: false }),
  secrets: [
    'api-token-of-jane',
    Buffer.from('jane@example.com:api-token-of-jane').toString('base64'),
  ],
  success: { status: 201, body: '{"id":"10000","key":"OPS-24"}' },
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers({ status: 201, body: '{"id":"10000","key":"OPS-24"}' })
})
afterEach(() => receiver.close())

const now = Date.parse('2026-11-20T10:00:00.000Z')
const encoded = (data: unknown) => new TextEncoder().encode(JSON.stringify(data))
const event = (type: string, data: unknown): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: encoded(data),
})

const send = (message: Partial<Message> = {}, config: object = {}) =>
  bound('jira', { base_url: receiver.url, ...credentials, project: 'OPS', ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf({ now: () => now }),
  )

const sent = (n = 0) => {
  const request = receiver.received[n]
  if (request === undefined) throw new Error('nothing came')
  return { ...request, json: JSON.parse(request.body.toString() || 'null') }
}

/** What Atlassian's users send with, to the same site with the same credentials. */
const jiraJs = () =>
  createCloudClient({
    host: receiver.url,
    auth: { type: 'basic', email: credentials.email, apiToken: credentials.api_token },
    // It is here to send; what the receiver answers is not its matter.
    onSchemaMismatch: 'silent',
  })

const adf = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@atlaskit/adf-schema/dist/json-schema/v1/full.json'),
    'utf8',
  ),
)
// Ajv reads draft-07; of draft-04, this schema has nothing that would read differently.
delete adf.$schema
const isAdf = new Ajv({ strict: false, validateSchema: false }).compile(adf)

const video = {
  video: {
    id: 'vid_1',
    title: 'Launch',
    description: 'Our launch.\n\nSecond paragraph,\nsecond line.',
    url: 'https://videos.example.com/vid_1',
    thumbnail_url: 'https://videos.example.com/vid_1.png',
    duration_s: 90,
  },
}

const texts = (node: JsonObject): string => {
  const { text, content } = node
  return typeof text === 'string'
    ? text
    : Array.isArray(content)
      ? content.map((one) => texts(one as JsonObject)).join('')
      : ''
}

describe('a new issue', () => {
  it('is one POST with a document that Atlassian publishes the schema of', async () => {
    const report = await send(event('video.generated', video))
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 201 })
    const { method, path, headers, json } = sent()
    expect([method, path]).toEqual(['POST', '/rest/api/3/issue'])
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from('jane@example.com:api-token-of-jane').toString('base64')}`,
      'content-type': 'application/json',
      accept: 'application/json',
    })
    const link = (href: string) => [{ type: 'link', attrs: { href } }]
    const field = (name: string, value: string) => ({
      type: 'listItem',
      content: [
        {
          type: 'paragraph',
          content: [
            { type: 'text', text: `${name}: `, marks: [{ type: 'strong' }] },
            { type: 'text', text: value },
          ],
        },
      ],
    })
    expect(json).toEqual({
      fields: {
        project: { key: 'OPS' },
        issuetype: { name: 'Task' },
        summary: 'Launch was generated',
        labels: [`switchyard-${messageOf().deliveryId}`],
        description: {
          type: 'doc',
          version: 1,
          content: [
            { type: 'paragraph', content: [{ type: 'text', text: 'Our launch.' }] },
            {
              type: 'paragraph',
              content: [
                { type: 'text', text: 'Second paragraph,' },
                { type: 'hardBreak' },
                { type: 'text', text: 'second line.' },
              ],
            },
            {
              type: 'bulletList',
              content: [field('Video', 'vid_1'), field('Duration', '1 min 30 s')],
            },
            {
              type: 'paragraph',
              content: [
                { type: 'text', text: 'Watch', marks: link('https://videos.example.com/vid_1') },
              ],
            },
            {
              type: 'paragraph',
              content: [
                {
                  type: 'text',
                  text: 'Picture',
                  marks: link('https://videos.example.com/vid_1.png'),
                },
              ],
            },
          ],
        },
      },
    })
    expect(isAdf(json.fields.description), JSON.stringify(isAdf.errors)).toBe(true)
  })

  it('is the same request as Atlassian users send with jira.js', async () => {
    await send(event('video.generated', video))
    const ours = sent()
    await jiraJs().issues.createIssue(ours.json)
    const theirs = sent(1)
    expect(theirs).toMatchObject({ method: ours.method, path: ours.path, json: ours.json })
    expect(theirs.headers['authorization']).toBe(ours.headers['authorization'])
    expect(theirs.headers['content-type']).toContain('application/json')
  })

  it.each([
    ['user.registered', { user: { id: 'u1', name: 'Ann <b>', email: 'ann@example.com' } }],
    ['order.paid', { total: 12, message: '<img src=x>\r\n\r\n\r\n' }],
    ['order.paid', null],
    ['order.paid', { message: '\n\n', url: 'https://example.com/' }],
    ['order.paid', { '': '', a: '', b: 'x\ny' }],
    ['video.failed', { video: { title: '', error: '\uD800' } }],
    ['odd', ['a', 1]],
  ])('of %s %j is a valid document', async (type, data) => {
    expect((await send(event(type, data))).outcome).toEqual({ kind: 'delivered' })
    const { summary, description } = sent().json.fields
    expect(summary).toMatch(/\S/)
    expect(isAdf(description), JSON.stringify(isAdf.errors)).toBe(true)
  })

  it('says what it can of bytes that are no JSON', async () => {
    await send({ body: new TextEncoder().encode('plain') })
    expect(sent().json.fields.summary).toBe('Video generated')
    expect(isAdf(sent().json.fields.description)).toBe(true)
  })

  it('takes each field from the mapping', async () => {
    await send({
      mapped: {
        title: 'Mapped\ntitle',
        text: 'mapped text',
        link: 'https://example.com/mapped',
        link_text: 'mapped link',
        image: null,
        fields: { one: 1 },
        project: '10001',
        issue_type: '10002',
        labels: ['alpha'],
        jira_fields: { customfield_10010: { value: 'x' }, priority: { name: 'High' } },
      },
    })
    const { fields } = sent().json
    expect(fields).toMatchObject({
      summary: 'Mapped title',
      project: { id: '10001' },
      issuetype: { id: '10002' },
      labels: ['alpha', `switchyard-${messageOf().deliveryId}`],
      customfield_10010: { value: 'x' },
      priority: { name: 'High' },
    })
    expect(texts(fields.description)).toBe('mapped textone: 1mapped link')
  })

  it.each([
    ['project', null],
    ['labels', ['two words']],
    ['labels', 7],
    ['jira_fields', 'x'],
    ['link', 'javascript:alert(1)'],
    ['title', {}],
  ])('is not made where the mapping of %s comes to %j', async (field, value) => {
    const report = await send({ mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${field}`)
    expect(receiver.received).toEqual([])
  })

  it.each([
    ['long text', 'x'.repeat(200_000)],
    ['many short lines', 'a\n'.repeat(20_000)],
    ['many paragraphs', 'a\n\n'.repeat(20_000)],
    ['quotes, each of which is two characters of JSON', '"'.repeat(40_000)],
    ['people of several characters each', '👩‍👩‍👧‍👦'.repeat(9000)],
  ])('keeps within 32,767 characters: %s', async (_, text) => {
    const message = event('video.generated', {
      video: { title: 'x'.repeat(300), description: text },
    })
    expect((await send(message)).outcome).toEqual({ kind: 'delivered' })
    const { summary, description } = sent().json.fields
    expect(summary).toHaveLength(255)
    expect(summary).toMatch(/x…$/)
    const length = JSON.stringify(description).length
    expect(length).toBeLessThanOrEqual(32_767)
    expect(length).toBeGreaterThan(32_000)
    expect(texts(description)).toMatch(/(?:x|a|"|👩‍👩‍👧‍👦)…$/u)
    expect(isAdf(description)).toBe(true)
  })
})

describe('a retry of a new issue', () => {
  const jql = {
    jql: `labels = "switchyard-${messageOf().deliveryId}"`,
    fields: ['id'],
    maxResults: 1,
  }

  it('writes nothing where the first attempt had made it', async () => {
    receiver.answers({ body: '{"issues":[{"id":"10000"}],"isLast":true}' })
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
    expect(sent()).toMatchObject({ method: 'POST', path: '/rest/api/3/search/jql', json: jql })
  })

  it('looks as jira.js does', async () => {
    const answer = { body: '{"issues":[{"id":"10000"}],"isLast":true}' }
    receiver.answers(answer)
    await send({ attempt: 2 })
    await jiraJs().issueSearch.searchAndReconsileIssuesUsingJqlPost(jql)
    const [ours, theirs] = [sent(), sent(1)]
    expect(theirs).toMatchObject({ method: ours.method, path: ours.path, json: ours.json })
  })

  it('makes it where it is not there', async () => {
    receiver.answers({ body: '{"issues":[]}' }, 201)
    expect((await send({ attempt: 2 })).outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received.map(({ path }) => path)).toEqual([
      '/rest/api/3/search/jql',
      '/rest/api/3/issue',
    ])
  })

  it.each<[string, AnswerSpec, object]>([
    ['503', 503, { kind: 'failed', cause: 'status' }],
    ['something else than a list', { body: '{}' }, { kind: 'failed', cause: 'status' }],
    ['403', 403, { kind: 'refused', cause: 'status' }],
    ['401', 401, { kind: 'refused', cause: 'credentials' }],
    ['a reset', { reset: true }, { kind: 'failed', cause: 'connection' }],
  ])('does not write blindly where the search answers %s', async (_, answer, outcome) => {
    receiver.answers(answer)
    const report = await send({ attempt: 2 })
    expect(report.outcome).toEqual(outcome)
    expect(report.error).toBeTruthy()
    expect(receiver.received).toHaveLength(1)
  })

  it.each<[string, AnswerSpec, number]>([
    ['a cut connection', { reset: true }, 60_000],
    ['500', 500, 60_000],
    ['503 that asks for less', { status: 503, headers: { 'retry-after': '5' } }, 60_000],
    ['503 that asks for more', { status: 503, headers: { 'retry-after': '90' } }, 90_000],
  ])('waits until search has seen what came of %s', async (_, answer, retry_after_ms) => {
    receiver.answers(answer)
    expect((await send()).outcome).toMatchObject({ kind: 'failed', retry_after_ms })
  })

  it('neither marks nor looks where the project has no labels', async () => {
    expect((await send({ attempt: 2 }, { delivery_label: false })).outcome.kind).toBe('delivered')
    expect(sent().json.fields).not.toHaveProperty('labels')
    receiver.answers(500)
    const { outcome } = await send({}, { delivery_label: false })
    expect(outcome).toEqual({ kind: 'failed', cause: 'status' })
  })
})

describe('what an answer means', () => {
  it.each([
    [200, { kind: 'delivered' }],
    [201, { kind: 'delivered' }],
    [400, { kind: 'refused', cause: 'status' }],
    [401, { kind: 'refused', cause: 'credentials' }],
    [403, { kind: 'refused', cause: 'status' }],
    [404, { kind: 'refused', cause: 'status' }],
    [409, { kind: 'failed', cause: 'status' }],
    [410, { kind: 'refused', cause: 'status' }],
    [412, { kind: 'failed', cause: 'status' }],
    [413, { kind: 'refused', cause: 'status' }],
    [422, { kind: 'refused', cause: 'status' }],
    [429, { kind: 'failed', cause: 'rate_limited' }],
    [503, { kind: 'failed', cause: 'status' }],
  ])('%i: %j', async (status, outcome) => {
    receiver.answers(status)
    expect((await send({}, { delivery_label: false })).outcome).toEqual(outcome)
  })

  it.each([
    ['nothing', {}, undefined],
    ['Retry-After', { 'retry-after': '7' }, 7000],
    ['X-RateLimit-Reset', { 'x-ratelimit-reset': '2026-11-20T10:05Z' }, 300_000],
    ['both', { 'retry-after': '7', 'x-ratelimit-reset': '2026-11-20T10:05Z' }, 7000],
    ['a reset that has passed', { 'x-ratelimit-reset': '2026-11-20T09:59Z' }, 0],
    ['a reset that is no time', { 'x-ratelimit-reset': 'soon' }, undefined],
  ])('429 with %s', async (_, headers, wait) => {
    receiver.answers({ status: 429, headers })
    expect((await send()).outcome).toEqual({
      kind: 'failed',
      cause: 'rate_limited',
      ...(wait === undefined ? {} : { retry_after_ms: wait }),
    })
  })
})

describe('a comment', () => {
  const about = event('issue.updated', { issue: { key: 'OPS-12' }, message: 'Hello' })
  const list = '/rest/api/3/issue/OPS-12/comment?orderBy=-created&maxResults=100'
  const mine = [{ key: 'switchyard', value: { delivery: messageOf().deliveryId } }]

  it('is a valid document with the delivery as its property', async () => {
    expect((await send(about, { action: 'comment' })).outcome).toEqual({ kind: 'delivered' })
    const { method, path, json } = sent()
    expect([method, path]).toEqual(['POST', '/rest/api/3/issue/OPS-12/comment'])
    expect(json.properties).toEqual(mine)
    expect(texts(json.body)).toMatch(/^Issue updatedHello/)
    expect(isAdf(json.body)).toBe(true)
  })

  it('is the same request as that of jira.js', async () => {
    await send(about, { action: 'comment' })
    const ours = sent()
    receiver.answers({ status: 201, body: '{"id":"1"}' })
    await jiraJs().issueComments.addComment({ issueIdOrKey: 'OPS-12', ...ours.json })
    expect(sent(1)).toMatchObject({ method: ours.method, path: ours.path, json: ours.json })
  })

  it.each([
    ['is there', mine, 2],
    ['is another delivery’s', [{ key: 'switchyard', value: { delivery: 'dlv_other' } }], 3],
    ['is a person’s', [], 3],
  ])('is looked for by a retry, where it %s', async (_, properties, requests) => {
    receiver.answers(
      { body: '{"comments":[{"id":"7"},{"id":"8"}]}' },
      { body: JSON.stringify({ values: [{ id: '8' }, { id: '7', properties }] }) },
      201,
    )
    const report = await send({ ...about, attempt: 2 }, { action: 'comment' })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(requests)
    expect(sent()).toMatchObject({ method: 'GET', path: list })
    expect(sent(1)).toMatchObject({
      method: 'POST',
      path: '/rest/api/3/comment/list?expand=properties',
      json: { ids: [7, 8] },
    })
  })

  it('is written by a retry on an issue without comments', async () => {
    receiver.answers({ body: '{"comments":[]}' }, 201)
    await send({ ...about, attempt: 2 }, { action: 'comment' })
    expect(receiver.received.map(({ path }) => path)).toEqual([
      list,
      '/rest/api/3/issue/OPS-12/comment',
    ])
  })

  it.each([[503], [404]])('is not written blindly after %i', async (status) => {
    receiver.answers(status)
    await send({ ...about, attempt: 2 }, { action: 'comment' })
    receiver.answers({ body: '{"comments":[{"id":"7"}]}' }, status)
    await send({ ...about, attempt: 2 }, { action: 'comment' })
    expect(receiver.received).toHaveLength(3)
  })

  it.each([[{}], [{ issue: 'OPS-12/../../x' }], [{ issue: null }]])(
    'needs an issue, which %j does not name',
    async (mapped) => {
      const report = await send({ mapped }, { action: 'comment' })
      expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
      expect(report.error).toContain('mapping.issue')
    },
  )
})

describe('a move', () => {
  const about = event('order.paid', { issue_key: 'OPS-12' })
  const state = (status: object) => ({
    body: JSON.stringify({
      fields: { status },
      transitions: [
        { id: '21', name: 'Start', to: { id: '3', name: 'In Progress' } },
        { id: '31', name: 'Finish', to: { id: '4', name: 'Done' } },
      ],
    }),
  })
  const open = { id: '1', name: 'To Do' }

  it('by id is one request, as jira.js sends it', async () => {
    receiver.answers(204)
    const config = { action: 'transition', transition: '31', project: undefined }
    expect((await send(about, config)).outcome).toEqual({ kind: 'delivered' })
    const ours = sent()
    expect(ours).toMatchObject({
      method: 'POST',
      path: '/rest/api/3/issue/OPS-12/transitions',
      json: { transition: { id: '31' } },
    })
    await jiraJs().issues.doTransition({ issueIdOrKey: 'OPS-12', transition: { id: '31' } })
    expect(sent(1)).toMatchObject({ method: ours.method, path: ours.path, json: ours.json })
  })

  it.each(['finish', 'Done'])('by the name %s looks the id up', async (transition) => {
    receiver.answers(state(open), 204)
    const { outcome } = await send(about, { action: 'transition', transition })
    expect(outcome).toEqual({ kind: 'delivered' })
    expect(sent().path).toBe('/rest/api/3/issue/OPS-12?fields=status&expand=transitions')
    expect(sent(1).json).toEqual({ transition: { id: '31' } })
  })

  it.each([
    ['the first time, by the name of the status', 1, 'Done'],
    ['on a retry, by the name of the transition', 2, 'Finish'],
    ['on a retry, by its id', 2, '31'],
  ])('of an issue that is there already does nothing: %s', async (_, attempt, transition) => {
    receiver.answers(state({ id: '4', name: 'Done' }))
    const report = await send({ ...about, attempt }, { action: 'transition', transition })
    expect(report.outcome).toEqual({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
  })

  it('by a name that leads nowhere is refused, with a reason', async () => {
    receiver.answers(state(open))
    const report = await send(about, { action: 'transition', transition: 'Reopen' })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'status' })
    expect(report.error).toContain('no transition')
  })

  it('may be named by the mapping', async () => {
    receiver.answers(204)
    await send(
      { mapped: { issue: 'NEW-1', transition: 5 } },
      { action: 'transition', transition: '1' },
    )
    expect(sent()).toMatchObject({
      path: '/rest/api/3/issue/NEW-1/transitions',
      json: { transition: { id: '5' } },
    })
  })
})

it.each([
  ['no project', { project: undefined }, 'project'],
  ['no transition', { action: 'transition' }, 'transition'],
  ['a label of two words', { labels: ['two words'] }, 'labels'],
  ['an unknown field', { projcet: 'OPS' }, 'projcet'],
  ['a mapping of what is no field', { mapping: { nonsense: '1' } }, 'mapping'],
  ['no site', { base_url: undefined }, 'base_url'],
])('refuses a config with %s', (_, config, said) => {
  const whole = { base_url: 'https://x.atlassian.net', ...credentials, project: 'OPS', ...config }
  expect(() => bound('jira', whole)).toThrow(said)
})

it('takes a web page for no answer of Jira', async () => {
  const headers = { 'content-type': 'text/html; charset=utf-8' }
  receiver.answers({ status: 200, headers, body: '<title>Log in</title>' })
  expect((await send()).outcome).toMatchObject({ kind: 'failed', cause: 'status' })
})

it('sends no labels but its own where the mapping says null', async () => {
  await send({ mapped: { labels: null } }, { labels: ['l1'] })
  expect(sent().json.fields.labels).toEqual([`switchyard-${messageOf().deliveryId}`])
})

it('reads a list of long comments whole', async () => {
  const long = { id: '1', body: 'x'.repeat(3_000_000) }
  receiver.answers(
    { body: JSON.stringify({ comments: [long] }) },
    { body: JSON.stringify({ values: [long] }) },
    { status: 201, body: '{"id":"2"}' },
  )
  const report = await send({ attempt: 2, mapped: { issue: 'OPS-1' } }, { action: 'comment' })
  expect(report.outcome).toEqual({ kind: 'delivered' })
  expect(receiver.received).toHaveLength(3)
})
