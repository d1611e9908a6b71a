// @ts-expect-error -- it comes without types
import { IncomingWebhookRequestPartialSchema } from 'discord-api-spec/zod'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'
import { jiraEvents, linearEvents, productEvents, stripeEvents } from './inbound-events.ts'

const token =
  '3d89bb7572e0fb30d8128367b3b1b44fecd1726de135cbe28a41f8b2f777c372ba2939e72279b94526ff5d1bd4358d65cf11'
const webhook_url = `https://discord.com/api/webhooks/223704706495545344/${token}`

itIsADestination({
  type: 'discord',
  config: (base_url) => ({ webhook_url, base_url }),
  secrets: [webhook_url, token],
  success: { body: '{"id":"1"}' },
})

const times = (count: number, value: Json): Json[] => Array.from({ length: count }, () => value)

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (message: Partial<Message> = {}, config: object = {}) =>
  bound('discord', { webhook_url, base_url: receiver.url, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf(),
  )

const carrying = (type: string, data: Json, mapped: Message['mapped'] = {}): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: new TextEncoder().encode(JSON.stringify(data)),
  mapped,
})

/** What arrived, which Discord's own schema takes. */
function arrived() {
  const body = JSON.parse(String(receiver.received.at(-1)?.body))
  const judged = IncomingWebhookRequestPartialSchema.safeParse(body)
  expect(judged.error?.issues ?? []).toEqual([])
  return body
}

async function posted(message: Partial<Message>, config: object = {}) {
  expect(await send(message, config)).toMatchObject({ outcome: { kind: 'delivered' } })
  return arrived()
}

describe('what Discord gets', () => {
  it('is a POST to the webhook that waits for the message', async () => {
    await send()
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: `/api/v10/webhooks/223704706495545344/${token}?wait=true`,
      headers: { 'content-type': 'application/json', 'user-agent': 'Switchyard/1' },
    })
  })

  it('is one embed for video.generated', async () => {
    const [event] = productEvents
    expect(await posted(carrying('video.generated', event!.data))).toEqual({
      embeds: [
        {
          title: 'Intro was generated',
          description: 'A first look',
          url: 'https://videos.example/1',
          image: { url: 'https://videos.example/1.jpg' },
          color: 0x2ecc71,
          fields: [
            { name: 'Video', value: 'vid_1', inline: true },
            { name: 'Duration', value: '1 min 15 s', inline: true },
            { name: 'User', value: 'jane@example.com', inline: true },
          ],
          footer: { text: 'video.generated' },
          timestamp: '2026-11-20T10:00:00.000Z',
        },
      ],
      allowed_mentions: { parse: [] },
    })
  })

  it.each([...productEvents, ...stripeEvents, ...linearEvents, ...jiraEvents])(
    'is what its schema takes for $type',
    async ({ type, data, card }) => {
      expect((await posted(carrying(type, data))).embeds[0].title).toBe(card.title)
    },
  )

  it.each<[string, Json]>([
    ['order.paid', { total: 5, nothing: '', url: 'no URL' }],
    ['', null],
    ['x'.repeat(5000), 'text'],
    ['video.generated', { title: 'half \ud800', url: `https://v.example/${'x'.repeat(3000)}` }],
  ])('is what its schema takes for the unknown %.20s', async (type, data) => {
    await posted(carrying(type, data))
  })

  it('mentions nobody and hides no link', async () => {
    const { embeds, allowed_mentions } = await posted(
      carrying('order.paid', { text: '@everyone [Your bank](https://evil.example)' }),
    )
    expect(allowed_mentions).toEqual({ parse: [] })
    expect(embeds[0].description).toBe('@everyone [Your bank]\\(https://evil.example)')
  })

  it('is never more than 6,000 characters', async () => {
    const long = '👩‍👩‍👧‍👦'.repeat(2000)
    const fields = Array.from({ length: 25 }, (_, i) => ({ name: `${i} ${long}`, value: long }))
    const { embeds } = await posted(carrying('x', {}, { title: long, text: long, fields }))
    const [{ title, description, footer, fields: shown }] = embeds
    const texts = [
      title,
      description,
      footer.text,
      ...shown.flatMap((f: Record<string, string>) => [f['name'], f['value']]),
    ]
    expect(title.length).toBeLessThanOrEqual(256)
    expect(title.endsWith('👦…')).toBe(true)
    expect(description.length).toBeLessThanOrEqual(4096)
    expect(texts.join('').length).toBeLessThanOrEqual(6000)
    expect(shown.length).toBeGreaterThan(0)
  })
})

describe('a mapping', () => {
  it.each<[string, Json, object]>([
    ['title', 'T', { embeds: [{ title: 'T' }] }],
    ['text', 'D', { embeds: [{ description: 'D' }] }],
    ['link', 'https://x.example/', { embeds: [{ url: 'https://x.example/' }] }],
    ['image', 'https://x.example/i', { embeds: [{ image: { url: 'https://x.example/i' } }] }],
    ['fields', { a: '' }, { embeds: [{ fields: [{ name: 'a', value: '\u200b' }] }] }],
    ['tone', 'bad', { embeds: [{ color: 0xe74c3c }] }],
    ['content', 'x'.repeat(2001), { content: `${'x'.repeat(1999)}…` }],
    ['username', 'Bot', { username: 'Bot' }],
    ['avatar_url', 'https://x.example/a', { avatar_url: 'https://x.example/a' }],
    ['thread_name', 'Post', { thread_name: 'Post' }],
    ['embeds', [{ title: 'x'.repeat(257) }], { embeds: [{ title: `${'x'.repeat(255)}…` }] }],
  ])('replaces %s', async (field, value, expected) => {
    expect(await posted(carrying('x', {}, { [field]: value }))).toMatchObject(expected)
  })

  it('addresses a thread, before the one of the config', async () => {
    await posted({}, { thread_id: '41771983423143937' })
    await posted({ mapped: { thread_id: '5' } }, { thread_id: '41771983423143937' })
    expect(receiver.received.map(({ path }) => path.split('?')[1])).toEqual([
      'wait=true&thread_id=41771983423143937',
      'wait=true&thread_id=5',
    ])
  })

  it.each<[Record<string, Json>, string]>([
    [{ embeds: {} }, 'embeds: must be a list'],
    [{ embeds: times(11, {}) }, 'embeds: has more than 10 embeds'],
    [{ embeds: ['x'] }, 'embeds[0]: must be an object'],
    [
      { embeds: [{}, { url: `https://x.example/${'x'.repeat(2048)}` }] },
      'embeds[1].url: is longer than 2048 characters',
    ],
    [{ embeds: [{ fields: times(26, {}) }] }, 'embeds[0].fields: has more than 25'],
    [
      { embeds: [{ description: 'x'.repeat(4096) }, { description: 'x'.repeat(4096) }] },
      'embeds[1]: brings all embeds above 6000 characters',
    ],
    [{ embeds: [] }, 'embeds: is empty, and there is no content'],
    [{ fields: times(26, { name: 'a', value: 'b' }) }, 'fields: has more than 25'],
    [{ link: `https://x.example/${'x'.repeat(2048)}` }, 'link: is longer than 2048 characters'],
    [{ thread_id: 'general' }, 'thread_id: must be the digits of a thread'],
    [{ avatar_url: 'x' }, 'avatar_url: must be an http or https URL'],
  ])('that cannot be cut is dead: %#', async (mapped, problem) => {
    const report = await send({ mapped })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toBe(`mapping.${problem}`)
    expect(receiver.received).toEqual([])
  })
})

describe('an answer', () => {
  const coded = (status: number, code: number): AnswerParts => ({
    status,
    body: JSON.stringify({ message: 'in words', code }),
  })
  const limited = (body: object, headers: Record<string, string> = {}): AnswerParts => ({
    status: 429,
    headers,
    body: JSON.stringify({ message: 'You are being rate limited.', ...body }),
  })
  const wait = (retry_after_ms: number) => ({
    kind: 'failed',
    cause: 'rate_limited',
    retry_after_ms,
  })

  it.each<[AnswerParts, object]>([
    [{ status: 200, body: '{"id":"1"}' }, { kind: 'delivered' }],
    [{ status: 204 }, { kind: 'delivered' }],
    [coded(400, 50_035), { kind: 'refused', cause: 'status' }],
    [coded(400, 50_006), { kind: 'refused', cause: 'status' }],
    [coded(401, 50_027), { kind: 'refused', cause: 'gone', disable: true }],
    [coded(401, 0), { kind: 'refused', cause: 'credentials' }],
    [coded(403, 50_013), { kind: 'refused', cause: 'status' }],
    [coded(404, 10_015), { kind: 'refused', cause: 'gone', disable: true }],
    [coded(404, 10_003), { kind: 'refused', cause: 'status' }],
    [coded(500, 130_000), { kind: 'failed', cause: 'status' }],
    [limited({ retry_after: 64.57, global: false }), wait(64_570)],
    [limited({ retry_after: 0.3001, global: true }, { 'retry-after': '1' }), wait(301)],
    [limited({}, { 'x-ratelimit-reset-after': '1.25' }), wait(1250)],
    [{ status: 429, headers: { 'retry-after': '65' }, body: '<html>' }, wait(65_000)],
    [limited({ retry_after: 1e9 }), wait(86_400_000)],
    [limited({ retry_after: 'soon' }), { kind: 'failed', cause: 'rate_limited' }],
    [
      { status: 502, body: '<html>' },
      { kind: 'failed', cause: 'status' },
    ],
  ])('%j comes to %j', async (answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
  })
})

describe('its config', () => {
  it.each([
    'https://discord.com/api/webhooks/1/abc',
    'https://discordapp.com/api/v9/webhooks/1/abc',
    'https://canary.discord.com/api/webhooks/1/a-b_c',
  ])('takes %s', (url) => {
    const discord = bound('discord', { webhook_url: url })
    expect(discord.address).toMatch(/^https:\/\/discord\.com\/api\/v10\/webhooks\/1\/[\w-]+$/)
    expect(discord.rateLimit).toEqual({ limit: 150, per: 'minute' })
  })

  it.each([
    'https://discord.com.evil.example/api/webhooks/1/abc',
    'https://evil.example/discord.com/api/webhooks/1/abc',
    'https://discord.com/api/webhooks/1',
    'https://discord.com/api/webhooks/1/abc/messages/2',
    'http://discord.com/api/webhooks/1/abc',
    'x',
  ])('refuses %s', (url) => {
    expect(() => bound('discord', { webhook_url: url })).toThrow('webhook_url')
  })
})

it('takes a webhook of a server of one’s own, where the operator lets it pass', async () => {
  const config = { webhook_url: `${receiver.url}/api/webhooks/1/abc` }
  expect(bound('discord', config).blocked([])).toMatchObject([{ path: 'webhook_url' }])
  receiver.answers(204)
  const report = await bound('discord', config).send(messageOf(), addresseeOf(), worldOf())
  expect(report.outcome).toEqual({ kind: 'delivered' })
  expect(receiver.received.at(-1)?.path).toBe('/api/v10/webhooks/1/abc?wait=true')
  expect(() => bound('discord', { webhook_url: 'https://8.8.8.8/api/webhooks/1/abc' })).toThrow()
})
