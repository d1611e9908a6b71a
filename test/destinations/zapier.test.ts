import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const url = 'https://hooks.zapier.com/hooks/catch/1234567/b2n3kd8/'

itIsADestination({
  type: 'zapier',
  config: (base_url) => ({ url, base_url }),
  secrets: [url, '/hooks/catch/1234567/b2n3kd8/'],
  success: { body: '{"status":"success","id":"1","attempt":"2","request_id":"3"}' },
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (message: Partial<Message> = {}) =>
  bound('zapier', { url, base_url: receiver.url }).send(
    messageOf(message),
    addresseeOf(),
    worldOf(),
  )

const sent = async (message: Partial<Message>): Promise<string> => {
  expect((await send(message)).outcome).toEqual({ kind: 'delivered' })
  return String(receiver.received[0]?.body)
}

const own = { id: messageOf().event.id, type: 'video.generated', time: messageOf().event.time }
const ownText = JSON.stringify(own).slice(1)

describe('what a Zap gets', () => {
  it('is one POST of JSON to the hook', async () => {
    await send()
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/hooks/catch/1234567/b2n3kd8/',
      headers: { 'content-type': 'application/json', 'user-agent': 'Switchyard/1' },
    })
  })

  it.each([
    ['no members', '{}', `{${ownText}`],
    ['white space', ' { \n } \n', `{ \n ${ownText}`],
    ['members', '{"video":{"title":"Intro"}}', `{"video":{"title":"Intro"},${ownText}`],
    [
      'numbers that no double holds, and a byte order mark',
      '\uFEFF{"n": 12345678901234567890, "x":1.0}',
      `{"n": 12345678901234567890, "x":1.0,${ownText}`,
    ],
    [
      'members of the same names',
      '{"id":12345678901234567890,"type":"a","time" : null}',
      `{"data_id":12345678901234567890,"data_type":"a","data_time" : null,${ownText}`,
    ],
    [
      'a name that is spelled with escapes',
      String.raw`{"\u0069d":{"id":"}\""}}`,
      String.raw`{"data_id":{"id":"}\""},` + ownText,
    ],
  ])('is flat: data with %s', async (_, data, expected) => {
    expect(await sent({ body: new TextEncoder().encode(data) })).toBe(expected)
  })

  it.each([
    ['a list', '[1,{"id":2}]', 'application/json'],
    ['text', 'not JSON {', 'text/plain; charset=utf-8'],
    ['nothing', '', null],
  ])('is the bytes as they are where they are %s', async (_, data, contentType) => {
    expect(await sent({ body: new TextEncoder().encode(data), contentType })).toBe(data)
    expect(receiver.received[0]?.headers['content-type']).toBe(contentType ?? undefined)
  })

  it('has no content type rather than one that no header can carry', async () => {
    await sent({ body: new TextEncoder().encode('x'), contentType: 'a\r\nb: c' })
    expect(receiver.received[0]?.headers).not.toHaveProperty('content-type')
  })

  it('is always JSON with the three members of the event, and no member of the data is lost', async () => {
    const name = fc.oneof(fc.constantFrom('id', 'type', 'time'), fc.string())
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.jsonValue()), async (data) => {
        receiver.received.length = 0
        // As a product writes it: `-0` is no number of JSON.
        const plain = JSON.parse(JSON.stringify(data)) as Record<string, unknown>
        const body = JSON.parse(await sent({ body: Buffer.from(JSON.stringify(plain)) }))
        const expected = Object.entries(plain).map(([key, value]) => [
          Object.hasOwn(own, key) ? `data_${key}` : key,
          value,
        ])
        expect(body).toEqual({ ...Object.fromEntries(expected), ...own })
      }),
      { numRuns: 50 },
    )
  })
})

describe('a mapping', () => {
  it.each([[{ a: 1, half: 'x\ud800' }], [[{ id: 1 }, { id: 2 }]]])(
    'sends %j instead',
    async (payload) => {
      expect(JSON.parse(await sent({ mapped: { payload } }))).toEqual(
        JSON.parse(JSON.stringify(payload).replace('\\ud800', '\ufffd')),
      )
    },
  )

  it.each([null, 'text', 5, true])('that comes to %j is dead', async (payload) => {
    const report = await send({ mapped: { payload } })
    expect(report).toMatchObject({
      outcome: { kind: 'refused', cause: 'mapping_invalid' },
      error: 'mapping.payload: must be an object or a list',
    })
    expect(receiver.received).toEqual([])
  })
})

it.each<[AnswerSpec, object]>([
  [200, { kind: 'delivered' }],
  [201, { kind: 'delivered' }],
  [400, { kind: 'refused', cause: 'status' }],
  [401, { kind: 'refused', cause: 'credentials' }],
  [404, { kind: 'refused', cause: 'status' }],
  [410, { kind: 'refused', cause: 'gone', disable: true }],
  [413, { kind: 'refused', cause: 'status' }],
  [429, { kind: 'failed', cause: 'rate_limited' }],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { kind: 'failed', cause: 'rate_limited', retry_after_ms: 7000 },
  ],
  [503, { kind: 'failed', cause: 'status' }],
])('%j comes to %j', async (answer, outcome) => {
  receiver.answers(answer)
  expect((await send()).outcome).toEqual(outcome)
})

it('keeps to what Zapier takes', () => {
  expect(bound('zapier', { url }).rateLimit).toEqual({ limit: 30, per: 'second' })
  expect(bound('zapier', { url }).blocked([])).toEqual([])
  expect(() => bound('zapier', { url: 'ftp://hooks.zapier.com/1' })).toThrow('url')
})
