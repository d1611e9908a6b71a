import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { IncomingWebhook } from '@slack/webhook'
import { WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { destinationTypes } from '../../src/destinations/index.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'
import { jiraEvents, linearEvents, productEvents, stripeEvents } from './inbound-events.ts'

// In two parts, so that nobody takes them for what they look like.
const webhook_url = `https://hooks.slack.com/services/T00000000/B00000000/${'X'.repeat(24)}`
const token = ['xoxb', '17653672481', '19874698323', 'pdFZKVeTuE8sk7oOcBrzbqgy'].join('-')
const channel = 'C123ABC456'
const oauth = { client_id: '1.2', client_secret: '3f2b8a9c1d4e5f60718293a4b5c6d7e8' }

itIsADestination({
  type: 'slack',
  config: (base_url) => ({ webhook_url, base_url }),
  secrets: [webhook_url, 'X'.repeat(24)],
  success: { body: 'ok' },
})

describe('as a bot', () => {
  itIsADestination({
    type: 'slack',
    config: (base_url) => ({ token, channel, oauth, base_url }),
    secrets: [token, oauth.client_secret],
    success: { body: '{"ok":true,"channel":"C123ABC456","ts":"1503435956.000247"}' },
  })
})

const times = (count: number, value: Json): Json[] => Array.from({ length: count }, () => value)

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(({ path }) => ({ body: path.startsWith('/api/') ? '{"ok":true}' : 'ok' }))
})
afterEach(() => receiver.close())

const hook = { webhook_url }
const bot = { token, channel }

const send = (message: Partial<Message> = {}, config: object = hook) =>
  bound('slack', { base_url: receiver.url, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf(),
  )

const carrying = (type: string, data: Json, mapped: Message['mapped'] = {}): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: new TextEncoder().encode(JSON.stringify(data)),
  mapped,
})

async function posted(message: Partial<Message>, config: object = hook) {
  expect(await send(message, config)).toMatchObject({ outcome: { kind: 'delivered' } })
  return JSON.parse(String(receiver.received.at(-1)?.body))
}

const generated = carrying('video.generated', productEvents[0]!.data)
const blocksOfGenerated = [
  { type: 'header', text: { type: 'plain_text', text: 'Intro was generated', emoji: true } },
  { type: 'section', text: { type: 'mrkdwn', text: 'A first look' } },
  {
    type: 'section',
    fields: [
      { type: 'mrkdwn', text: '*Video*\nvid_1' },
      { type: 'mrkdwn', text: '*Duration*\n1 min 15 s' },
      { type: 'mrkdwn', text: '*User*\njane@example.com' },
    ],
  },
  {
    type: 'image',
    image_url: 'https://videos.example/1.jpg',
    alt_text: 'Intro was generated',
  },
  {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: 'open',
        text: { type: 'plain_text', text: 'Watch', emoji: true },
        url: 'https://videos.example/1',
      },
    ],
  },
  {
    type: 'context',
    elements: [
      {
        type: 'mrkdwn',
        text: ':large_green_circle: video.generated · <!date^1795168800^{date_short_pretty} {time}|2026-11-20T10:00:00.000Z>',
      },
    ],
  },
]
const text = 'Intro was generated\nA first look'

describe('what a webhook gets', () => {
  it('is what the SDK of Slack sends for the same message', async () => {
    await send(generated)
    await new IncomingWebhook(receiver.url + new URL(webhook_url).pathname).send({
      text,
      blocks: blocksOfGenerated,
    })
    const [ours, theirs] = receiver.received
    expect(ours).toMatchObject({ method: theirs?.method, path: theirs?.path })
    expect(ours?.headers['content-type']).toMatch(/^application\/json\b/)
    expect(theirs?.headers['content-type']).toBe('application/json')
    expect(JSON.parse(String(ours?.body))).toEqual(JSON.parse(String(theirs?.body)))
    expect(ours?.headers['user-agent']).toBe('Switchyard/1')
  })

  it.each([...productEvents, ...stripeEvents, ...linearEvents, ...jiraEvents])(
    'is headed by what it says of $type',
    async ({ type, data, card }) => {
      const { blocks } = await posted(carrying(type, data))
      expect(blocks[0].text.text).toBe(card.title)
    },
  )

  it('is readable for an unknown type, whatever it holds', async () => {
    const hostile = { text: '<!channel> & <https://evil.example|bank> \ud800', 'a<b': '>' }
    const { text, blocks } = await posted(carrying('order.paid', hostile))
    expect(text).toBe('Order paid\n&lt;!channel&gt; &amp; &lt;https://evil.example|bank&gt; \ufffd')
    expect(blocks[1].text.text).toBe(
      '&lt;!channel&gt; &amp; &lt;https://evil.example|bank&gt; \ufffd',
    )
    expect(blocks[2].fields[1].text).toBe('*a&lt;b*\n&gt;')
    await posted({ body: Buffer.from('not JSON'), event: { ...messageOf().event, time: 'once' } })
  })

  it('is cut to the limits of Block Kit', async () => {
    const long = '&'.repeat(50_000)
    const fields = Array.from({ length: 23 }, () => ({ name: long, value: long }))
    const message = carrying(
      'x',
      {},
      { title: long, text: long, link_text: long, fields, link: 'https://x.example/' },
    )
    const { text, blocks } = await posted(message)
    expect(text.length).toBeLessThanOrEqual(40_000)
    expect(blocks[0].text.text).toBe(`${'&'.repeat(149)}…`)
    expect(blocks[1].text.text).toBe(`${'&amp;'.repeat(599)}…`)
    expect(blocks.slice(2, 5).map((block: { fields: [] }) => block.fields.length)).toEqual([
      10, 10, 3,
    ])
    expect(blocks[2].fields[0].text.length).toBeLessThanOrEqual(2000)
    expect(blocks[5].elements[0].text.text).toHaveLength(75)
  })

  it('leaves out a link of an event that is too long, rather than the event', async () => {
    const { blocks } = await posted(carrying('x', { url: `https://x.example/${'x'.repeat(3000)}` }))
    expect(blocks.map(({ type }: { type: string }) => type)).not.toContain('actions')
  })
})

describe('what the Web API gets', () => {
  it('is what the SDK of Slack sends for the same message', async () => {
    await send({ ...generated, mapped: { thread_ts: '1503435956.000247' } }, bot)
    const sdk = new WebClient(token, {
      slackApiUrl: `${receiver.url}/api/`,
      retryConfig: { retries: 0 },
    })
    await sdk.apiCall('chat.postMessage', {
      channel,
      text,
      blocks: blocksOfGenerated,
      thread_ts: '1503435956.000247',
    })
    const [ours, theirs] = receiver.received
    expect(ours).toMatchObject({
      method: theirs?.method,
      path: theirs?.path,
      headers: { authorization: theirs?.headers['authorization'] },
    })
    const form = Object.fromEntries(new URLSearchParams(String(theirs?.body)))
    expect(JSON.parse(String(ours?.body))).toEqual({
      ...form,
      blocks: JSON.parse(form['blocks'] ?? ''),
    })
    expect(ours?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/json; charset=utf-8',
    })
  })

  it('is an update where the mapping names the message', async () => {
    const message = carrying('x', {}, { channel: 'C9', ts: '1503435956.000247' })
    expect(await posted(message, { ...bot, mode: 'update' })).toMatchObject({
      channel: 'C9',
      ts: '1503435956.000247',
      text: 'X',
    })
    expect(receiver.received[0]?.path).toBe('/api/chat.update')
  })

  it('is nothing while the account is not connected', async () => {
    const report = await send({}, { channel, oauth })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(report.error).toContain('not connected')
    expect(receiver.received).toEqual([])
  })
})

describe('a mapping', () => {
  it.each<[string, Json, object]>([
    ['title', 'T', { blocks: [{ text: { text: 'T' } }, {}, {}, {}, {}, {}] }],
    ['text', 'D', { blocks: [{}, { text: { text: 'D' } }, {}, {}, {}, {}] }],
    ['fields', { a: 1 }, { blocks: [{}, {}, { fields: [{ text: '*a*\n1' }] }, {}, {}, {}] }],
    [
      'image',
      'https://x.example/i',
      { blocks: [{}, {}, {}, { image_url: 'https://x.example/i' }, {}, {}] },
    ],
    [
      'link',
      'https://x.example/',
      { blocks: [{}, {}, {}, {}, { elements: [{ url: 'https://x.example/' }] }, {}] },
    ],
    [
      'link_text',
      'See',
      { blocks: [{}, {}, {}, {}, { elements: [{ text: { text: 'See' } }] }, {}] },
    ],
    ['thread_ts', '1503435956.000247', { thread_ts: '1503435956.000247' }],
    ['blocks', [{ type: 'divider' }], { blocks: [{ type: 'divider' }] }],
  ])('replaces %s', async (field, value, expected) => {
    const message = carrying('video.generated', productEvents[0]!.data, { [field]: value })
    expect(await posted(message)).toMatchObject(expected)
  })

  it.each<Json>([null, []])('to %j for the blocks leaves the text alone', async (blocks) => {
    expect(await posted({ ...generated, mapped: { blocks } })).toEqual({ text })
  })

  it('of all blocks has their texts cut', async () => {
    const long = 'x'.repeat(5000)
    const mrkdwn = { type: 'mrkdwn', text: long }
    const plain = { type: 'plain_text', text: long }
    const blocks = [
      { type: 'header', text: plain },
      {
        type: 'section',
        text: mrkdwn,
        fields: [mrkdwn],
        accessory: { type: 'button', text: plain },
      },
      { type: 'actions', elements: [{ type: 'button', text: plain, url: 'https://x.example/' }] },
      { type: 'image', image_url: 'https://x.example/i', alt_text: long, title: plain },
      { type: 'context', elements: [mrkdwn, { type: 'image', image_url: 'x', alt_text: long }] },
      { type: 'rich_text', elements: [] },
      { type: 'of a later time', anything: [long] },
    ]
    const { blocks: cut } = await posted({ mapped: { blocks } })
    expect(cut[0].text.text).toHaveLength(150)
    expect(cut[1].text.text).toHaveLength(3000)
    expect(cut[1].fields[0].text).toHaveLength(2000)
    expect(cut[1].accessory.text.text).toHaveLength(75)
    expect(cut[2].elements[0].text.text).toHaveLength(75)
    expect(cut[3].alt_text).toHaveLength(2000)
    expect(cut[3].title.text).toHaveLength(2000)
    expect(cut[4].elements[1].alt_text).toHaveLength(2000)
    expect(cut.slice(5)).toEqual(blocks.slice(5))
  })

  const far = `https://x.example/${'x'.repeat(3000)}`
  it.each<[Record<string, Json>, string]>([
    [{ blocks: 'x' }, 'blocks: must be a list'],
    [{ blocks: times(51, { type: 'divider' }) }, 'blocks: has more than 50 blocks'],
    [{ blocks: [{ type: 'divider' }, {}] }, 'blocks[1].type: must be a text'],
    [
      { blocks: [{ type: 'image', image_url: far }] },
      'blocks[0].image_url: is longer than 3000 characters',
    ],
    [
      { blocks: [{ type: 'actions', elements: [{ url: far }] }] },
      'blocks[0].elements[0].url: is longer than 3000 characters',
    ],
    [
      { blocks: [{ type: 'actions', elements: times(26, {}) }] },
      'blocks[0].elements: has more than 25',
    ],
    [
      { blocks: [{ type: 'context', elements: times(11, {}) }] },
      'blocks[0].elements: has more than 10',
    ],
    [
      { blocks: [{ type: 'section', fields: times(11, {}) }] },
      'blocks[0].fields: has more than 10',
    ],
    [{ blocks: [{ type: 'header', text: 'x' }] }, 'blocks[0].text: must be an object'],
    [
      { blocks: [{ type: 'divider', block_id: 'x'.repeat(256) }] },
      'blocks[0].block_id: is longer than 255 characters',
    ],
    [{ fields: times(401, { name: 'a', value: 'b' }) }, 'fields: has more than 400'],
    [{ link: far }, 'link: is longer than 3000 characters'],
    [{ image: far }, 'image: is longer than 3000 characters'],
    [
      { thread_ts: 1_503_435_956.000_2 },
      'thread_ts: must be the ts of a message, like "1503435956.000247"',
    ],
  ])('that cannot be cut is dead: %#', async (mapped, problem) => {
    const report = await send({ mapped })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toBe(`mapping.${problem}`)
    expect(receiver.received).toEqual([])
  })

  it.each<[Record<string, Json>, object, string]>([
    [{}, { mode: 'update' }, 'ts: names no message to update'],
    [{ ts: 'x' }, { mode: 'update' }, 'ts: must be the ts of a message, like "1503435956.000247"'],
    [{ channel: null }, {}, 'channel: names no channel'],
    [{ channel: [] }, {}, 'channel: must be a text'],
  ])('that addresses nothing is dead: %j', async (mapped, config, problem) => {
    const report = await send({ mapped }, { ...bot, ...config })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toBe(`mapping.${problem}`)
  })
})

describe('an answer', () => {
  const refused = { kind: 'refused', cause: 'status' }
  const gone = { kind: 'refused', cause: 'gone', disable: true }
  const credentials = { kind: 'refused', cause: 'credentials' }
  const failed = { kind: 'failed', cause: 'status' }
  const limited = { kind: 'failed', cause: 'rate_limited' }

  it.each<[AnswerParts, object]>([
    [{ body: 'ok' }, { kind: 'delivered' }],
    [{ body: '<html>a portal</html>' }, failed],
    [{ body: '' }, failed],
    [{ status: 400, body: 'invalid_payload' }, refused],
    [{ status: 400, body: 'invalid_blocks' }, refused],
    [{ status: 400, body: 'no_text' }, refused],
    [{ status: 403, body: 'action_prohibited' }, refused],
    [{ status: 403, body: 'invalid_token' }, refused],
    [{ status: 404, body: 'no_service' }, refused],
    [{ status: 404, body: 'channel_not_found' }, refused],
    [{ status: 410, body: 'channel_is_archived' }, gone],
    [
      { status: 429, headers: { 'retry-after': '30' } },
      { ...limited, retry_after_ms: 30_000 },
    ],
    [{ status: 500, body: 'rollup_error' }, failed],
  ])('of a hook, %j, comes to %j', async (answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
  })

  it.each<[string, object]>([
    ['channel_not_found', refused],
    ['not_in_channel', refused],
    ['invalid_blocks', refused],
    ['msg_too_long', refused],
    ['message_not_found', refused],
    ['cant_update_message', refused],
    ['is_archived', gone],
    ['invalid_auth', credentials],
    ['not_authed', credentials],
    ['token_revoked', credentials],
    ['token_expired', credentials],
    ['account_inactive', credentials],
    ['missing_scope', credentials],
    ['ratelimited', limited],
    ['internal_error', failed],
    ['fatal_error', failed],
    ['service_unavailable', failed],
    ['request_timeout', failed],
  ])('of the Web API with 200 and the error %s comes to %j', async (error, outcome) => {
    receiver.answers({ body: JSON.stringify({ ok: false, error }) })
    expect((await send({}, bot)).outcome).toEqual(outcome)
  })

  it.each<[AnswerParts, object]>([
    [{ body: `{"ok":true,"message":{"text":"${'x'.repeat(100_000)}"}}` }, { kind: 'delivered' }],
    [{ body: '{"ok":"true"}' }, failed],
    [{ body: '{"ok":true' }, failed],
    [
      { status: 429, headers: { 'retry-after': '3' }, body: '{"ok":false,"error":"ratelimited"}' },
      { ...limited, retry_after_ms: 3000 },
    ],
    [{ status: 503, body: '{"ok":false,"error":"service_unavailable"}' }, failed],
  ])('of the Web API, %.60j, comes to %j', async (answer, outcome) => {
    receiver.answers(answer)
    expect((await send({}, bot)).outcome).toEqual(outcome)
  })
})

it('shows nothing of its hook, also where a page names the path that it does not know', async () => {
  receiver.answers(({ path }) => ({ status: 404, body: `Cannot POST ${path} (${path.slice(20)})` }))
  const report = await send()
  expect(report.response_body).toMatch(/^Cannot POST •••• /)
  expect(report.response_body).not.toContain('X'.repeat(24))
})

describe('its config', () => {
  it.each([
    [hook],
    [{ webhook_url: 'https://hooks.slack-gov.com/services/T0/B0/x' }],
    [bot],
    [{ ...bot, mode: 'update' }],
    [{ oauth, channel }],
    [{ token, mapping: { channel: 'data.channel' } }],
  ])('may be %j', (config) => {
    const slack = bound('slack', config)
    expect(slack.blocked([])).toEqual([])
    expect(slack.rateLimit).toEqual({ limit: 1, per: 'second' })
  })

  it.each<[object, string]>([
    [{}, 'webhook_url'],
    [{ channel }, 'webhook_url'],
    [{ token }, 'channel'],
    [{ webhook_url, token, channel }, 'token'],
    [{ webhook_url, channel }, 'channel'],
    [{ webhook_url, mode: 'update' }, 'mode'],
    [{ webhook_url: 'https://hooks.slack.com.evil.example/services/T0/B0/x' }, 'webhook_url'],
    [{ webhook_url: 'https://hooks.slack.com/triggers/T0/1/x' }, 'webhook_url'],
    [{ webhook_url: 'http://hooks.slack.com/services/T0/B0/x' }, 'webhook_url'],
    [{ token: 'xoxb 1', channel }, 'token'],
    [{ ...bot, icon: 'x' }, 'icon'],
  ])('may not be %j: see %s', (config, path) => {
    expect(() => bound('slack', config)).toThrow(path)
  })
})

describe('its consent', () => {
  const { consent, config } = destinationTypes.slack
  const consentOf = (given: object) => consent?.(config.parse(given)) ?? null

  it('asks Slack for a bot that may write', () => {
    expect(consentOf({ channel, oauth })).toMatchObject({
      authorizeUrl: 'https://slack.com/oauth/v2/authorize',
      tokenUrl: 'https://slack.com/api/oauth.v2.access',
      clientId: oauth.client_id,
      clientSecret: oauth.client_secret,
      scopes: ['chat:write'],
      scopeSeparator: ',',
    })
    expect(consentOf(hook)).toBeNull()
    expect(consentOf({ channel, oauth, base_url: 'http://127.0.0.1:1/' })?.tokenUrl).toBe(
      'http://127.0.0.1:1/api/oauth.v2.access',
    )
  })

  it.each<[Json, object]>([
    [
      { ok: true, access_token: token, token_type: 'bot', scope: 'chat:write', bot_user_id: 'U0' },
      { ok: true, value: { token } },
    ],
    [
      { ok: false, error: 'invalid_code' },
      { ok: false, error: 'Slack gave no token for the bot.' },
    ],
    [{ ok: true, authed_user: { access_token: 'xoxp' } }, { ok: false }],
    [{ ok: true, access_token: token, refresh_token: 'xoxe-1', expires_in: 43_200 }, { ok: false }],
    [null, { ok: false }],
  ])('learns from %j', (answer, learned) => {
    expect(consentOf({ channel, oauth })?.learned(answer)).toMatchObject(learned)
  })
})

describe('the types of Slack', () => {
  const require = createRequire(import.meta.url)
  const types = dirname(require.resolve('@slack/types/package.json'))
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slack-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** What the compiler says of `samples` as blocks. */
  function compiled(samples: unknown[]): string {
    const file = join(folder, 'blocks.ts')
    const lines = samples.map((sample) => `take(${JSON.stringify(sample)})`)
    const imported = JSON.stringify(join(types, 'dist/index'))
    writeFileSync(
      file,
      `import type { KnownBlock } from ${imported}
declare function take(blocks: KnownBlock[]): void
${lines.join('\n')}`,
    )
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--types', '', '--ignoreConfig']
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...flags, file], {
      encoding: 'utf8',
    })
    return stdout + stderr
  }

  it('take the blocks of every event', async () => {
    const samples = []
    for (const { type, data } of [
      ...productEvents,
      ...stripeEvents,
      ...linearEvents,
      ...jiraEvents,
    ]) {
      samples.push((await posted(carrying(type, data))).blocks)
    }
    samples.push((await posted({})).blocks)
    expect(compiled(samples)).toBe('')
  }, 60_000)

  it('refuse what is no block, so that they prove something', () => {
    expect(compiled([[{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }]])).toContain(
      'TS2322',
    )
  }, 60_000)
})

it('refuses for good what is nested too deeply to be written', async () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const report = await send({ mapped: { blocks: [{ type: 'section', deep }] } })
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
  expect(report.error).toMatch(/^mapping: /)
})

it('takes a hook of a server of one’s own, where the operator lets it pass', async () => {
  const config = { webhook_url: `${receiver.url}/hooks/x` }
  expect(bound('slack', config).blocked([])).toMatchObject([{ path: 'webhook_url' }])
  receiver.answers({ body: 'ok' })
  const report = await bound('slack', config).send(messageOf(), addresseeOf(), worldOf())
  expect(report.outcome).toEqual({ kind: 'delivered' })
  expect(receiver.received.at(-1)?.path).toBe('/hooks/x')
  expect(() => bound('slack', { webhook_url: 'https://8.8.8.8/services/T0/B0/x' })).toThrow()
})

it('gives up one channel of many without giving up the bot', async () => {
  receiver.answers({ body: '{"ok":false,"error":"is_archived"}' })
  const bot = { token: 'xoxb-0123456789', channel: 'C1', base_url: receiver.url }
  expect((await send({}, bot)).outcome).toEqual({ kind: 'refused', cause: 'gone', disable: true })
  const outcome = (await send({ mapped: { channel: 'C2' } }, bot)).outcome
  expect(outcome).toEqual({ kind: 'refused', cause: 'status' })
})
