import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'
import { jiraEvents, linearEvents, productEvents, stripeEvents } from './inbound-events.ts'

interface AdaptiveCards {
  AdaptiveCard: new () => {
    parse(json: unknown, context: unknown): void
    validateProperties(): { validationEvents: { message: string }[] }
  }
  SerializationContext: new () => {
    eventCount: number
    getEventAt(index: number): { message: string }
  }
}

const require = createRequire(import.meta.url)

/** Microsoft's own reader of cards, which wants a window to stand in. */
function microsoft(): AdaptiveCards {
  Object.assign(globalThis, { window: globalThis })
  return require('adaptivecards/dist/adaptivecards.js')
}
const { AdaptiveCard, SerializationContext } = microsoft()
// Other libraries take a window for a browser.
afterAll(() => Reflect.deleteProperty(globalThis, 'window'))

function complaintsOf(card: unknown): string[] {
  const context = new SerializationContext()
  const parsed = new AdaptiveCard()
  parsed.parse(card, context)
  const events = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i))
  return [...events, ...parsed.validateProperties().validationEvents].map(({ message }) => message)
}

const sig = 'JEzM3P2y3kYl7a1Zz6m0wQh8Xo4nTtYcR5uVbD9eFgA'
const path =
  '/powerautomate/automations/direct/workflows/0a1b2c3d4e5f60718293a4b5c6d7e8f9/triggers/manual/paths/invoke'
const url = `https://default0a1b2c3d4e5f60718293a4b5c6d7e8.f9.environment.api.powerplatform.com:443${path}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${sig}`

itIsADestination({
  type: 'teams',
  config: (base_url) => ({ url, base_url }),
  secrets: [url, sig],
  success: 202,
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(202)
})
afterEach(() => receiver.close())

const send = (message: Partial<Message> = {}) =>
  bound('teams', { url, base_url: receiver.url }).send(messageOf(message), addresseeOf(), worldOf())

const carrying = (type: string, data: Json, mapped: Message['mapped'] = {}): Partial<Message> => ({
  event: { ...messageOf().event, type },
  body: new TextEncoder().encode(JSON.stringify(data)),
  mapped,
})

async function posted(message: Partial<Message>) {
  expect(await send(message)).toMatchObject({ outcome: { kind: 'delivered' } })
  const bytes = receiver.received.at(-1)?.body ?? Buffer.alloc(0)
  expect(bytes.length).toBeLessThanOrEqual(28_000)
  const [attachment] = JSON.parse(String(bytes)).attachments
  expect(complaintsOf(attachment.content)).toEqual([])
  return attachment.content
}

it('is judged by a reader that complains of what is wrong', () => {
  const version = '1.5'
  const bad = [{ type: 'TextBlock', text: 'x', color: 'Mauve' }, { type: 'Nonsense' }]
  expect(complaintsOf({ type: 'AdaptiveCard', version, body: bad }).length).toBeGreaterThan(1)
  const unlabelled = [{ type: 'Input.Text', id: '' }]
  expect(complaintsOf({ type: 'AdaptiveCard', version, body: unlabelled })).not.toEqual([])
})

describe('what Teams gets', () => {
  it('is a POST to the workflow, its signature in the URL', async () => {
    await send()
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: `${path}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${sig}`,
      headers: { 'content-type': 'application/json', 'user-agent': 'Switchyard/1' },
    })
  })

  it('is a message with one Adaptive Card', async () => {
    await send(carrying('video.generated', productEvents[0]!.data))
    expect(JSON.parse(String(receiver.received[0]?.body))).toEqual({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.5',
            msteams: { width: 'Full' },
            body: [
              {
                type: 'TextBlock',
                text: 'Intro was generated',
                wrap: true,
                size: 'Large',
                weight: 'Bolder',
                style: 'heading',
                color: 'Good',
              },
              { type: 'TextBlock', text: 'A first look', wrap: true },
              {
                type: 'Image',
                url: 'https://videos.example/1.jpg',
                altText: 'Intro was generated',
              },
              {
                type: 'FactSet',
                facts: [
                  { title: 'Video', value: 'vid_1' },
                  { title: 'Duration', value: '1 min 15 s' },
                  { title: 'User', value: 'jane@example.com' },
                ],
              },
              {
                type: 'TextBlock',
                text: 'video.generated · {{DATE(2026-11-20T10:00:00Z, SHORT)}} {{TIME(2026-11-20T10:00:00Z)}}',
                wrap: true,
                isSubtle: true,
                size: 'Small',
              },
            ],
            actions: [{ type: 'Action.OpenUrl', title: 'Watch', url: 'https://videos.example/1' }],
          },
        },
      ],
    })
  })

  it.each([...productEvents, ...stripeEvents, ...linearEvents, ...jiraEvents])(
    'is a card that its own reader takes for $type',
    async ({ type, data, card }) => {
      expect((await posted(carrying(type, data))).body[0].text).toBe(card.title)
    },
  )

  it.each<[string, Json]>([
    ['order.paid', { total: 5, nothing: '', url: 'no URL' }],
    ['', null],
    ['x'.repeat(50_000), { url: `https://x.example/${'x'.repeat(50_000)}` }],
    ['user.registered', { user: { name: '[Sign in](https://evil.example) \ud800' } }],
  ])('is a card for the unknown %.20s', async (type, data) => {
    expect(JSON.stringify(await posted(carrying(type, data)))).not.toContain('](')
  })

  it.each(['x', '\u0001', '👩‍👩‍👧‍👦', '"'])('is cut to 28 KB, however %j is written', async (unit) => {
    const long = unit.repeat(60_000 / unit.length)
    const fields = { one: long, two: long }
    const { body } = await posted(carrying('x', {}, { title: long, text: long, fields }))
    expect(body[1].text.endsWith('…')).toBe(true)
    expect(body[1].text.length).toBeGreaterThan(400)
  })
})

describe('a mapping', () => {
  const card = { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text: 'Own' }] }

  it.each<[string, Json, object]>([
    ['title', 'T', { body: [{ text: 'T' }, {}, {}, {}, {}] }],
    ['text', 'D', { body: [{}, { text: 'D' }, {}, {}, {}] }],
    ['image', 'https://x.example/i', { body: [{}, {}, { url: 'https://x.example/i' }, {}, {}] }],
    ['fields', { a: 1 }, { body: [{}, {}, {}, { facts: [{ title: 'a', value: '1' }] }, {}] }],
    ['link', 'https://x.example/', { actions: [{ url: 'https://x.example/' }] }],
    ['link_text', 'See', { actions: [{ title: 'See' }] }],
    ['tone', 'bad', { body: [{ color: 'Attention' }, {}, {}, {}, {}] }],
    ['card', card, card],
  ])('replaces %s', async (field, value, expected) => {
    const message = carrying('video.generated', productEvents[0]!.data, { [field]: value })
    expect(await posted(message)).toMatchObject(expected)
  })

  it('of the whole card has its texts cut, and nothing else', async () => {
    const long = 'x'.repeat(40_000)
    const own = {
      ...card,
      body: [
        { type: 'TextBlock', text: long },
        { type: 'FactSet', facts: [{ title: 'a', value: long }] },
        {
          type: 'Container',
          items: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: long }] }],
        },
      ],
    }
    const { body } = await posted({ mapped: { card: own } })
    const texts = [body[0].text, body[1].facts[0].value, body[2].items[0].inlines[0].text]
    for (const text of texts) expect(text).toBe(`${'x'.repeat(7999)}…`)
  })

  it.each<[Record<string, Json>, string]>([
    [{ card: [] }, 'card: must be an object of the type "AdaptiveCard"'],
    [{ card: { type: 'MessageCard' } }, 'card: must be an object of the type "AdaptiveCard"'],
    [
      { card: { ...card, fallbackText: 'x'.repeat(30_000) } },
      'card: makes a message of more than 28000 bytes',
    ],
    [
      { fields: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i}`, 'x'])) },
      'fields: makes a message of more than 28000 bytes',
    ],
    [{ link: `https://x.example/${'x'.repeat(4096)}` }, 'link: is longer than 4096 characters'],
    [{ title: {} }, 'title: must be a text'],
  ])('that cannot be cut is dead: %#', async (mapped, problem) => {
    const report = await send({ mapped })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toBe(`mapping.${problem}`)
    expect(receiver.received).toEqual([])
  })
})

describe('an answer', () => {
  const coded = (status: number, code: string): AnswerParts => ({
    status,
    body: JSON.stringify({ error: { code, message: 'in words' } }),
  })

  it.each<[AnswerParts, object]>([
    [{ status: 200, body: '1' }, { kind: 'delivered' }],
    [{ status: 202 }, { kind: 'delivered' }],
    [coded(400, 'TriggerInputSchemaMismatch'), { kind: 'refused', cause: 'status' }],
    [coded(400, 'WorkflowTriggerIsNotEnabled'), { kind: 'refused', cause: 'gone', disable: true }],
    [coded(401, 'DirectApiAuthorizationRequired'), { kind: 'refused', cause: 'credentials' }],
    [coded(403, 'AuthorizationFailed'), { kind: 'refused', cause: 'credentials' }],
    [coded(404, 'WorkflowNotFound'), { kind: 'refused', cause: 'gone', disable: true }],
    [{ status: 404 }, { kind: 'refused', cause: 'status' }],
    [{ status: 413 }, { kind: 'refused', cause: 'status' }],
    [
      { status: 429, headers: { 'retry-after': '17' } },
      { kind: 'failed', cause: 'rate_limited', retry_after_ms: 17_000 },
    ],
    [coded(502, 'NoResponse'), { kind: 'failed', cause: 'status' }],
  ])('%j comes to %j', async (answer, outcome) => {
    receiver.answers(answer)
    expect((await send()).outcome).toEqual(outcome)
  })
})

it.each([
  'https://team.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4',
  'https://outlook.office.com/webhook/1',
  'teams',
])('refuses %s, which is no workflow', (url) => {
  expect(() => bound('teams', { url })).toThrow('url')
})
