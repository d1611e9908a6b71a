import { describe, expect, it } from 'vitest'
import { CloudEvent, HTTP } from 'cloudevents'
import { readBatch, readOne } from '../../src/http/read-posted.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function read(text: string, headers: Record<string, string> = {}) {
  const event = readOne(new Headers(headers), bytesOf(text))
  if (!event.ok) throw new Error('refused')
  return { ...event.value, data: textOf(event.value.data) }
}

async function refusal(text: string, headers: Record<string, string> = {}) {
  const event = readOne(new Headers(headers), bytesOf(text))
  if (event.ok) throw new Error('accepted')
  const { code, errors }: { code: string; errors?: { path: string }[] } = await event.error.json()
  return { status: event.error.status, code, paths: errors?.map(({ path }) => path) }
}

const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' }

describe('an event in the API’s own words', () => {
  it('keeps the very bytes of its data', () => {
    const data = '{ "z":1, "a":12345678901234567890, "a" : 1.0, "s":"\\u00e9}" }'
    expect(read(`{"data":${data},"type":"order.paid"}`).data).toBe(data)
  })

  it('takes its id before the Idempotency-Key', () => {
    const headers = { 'idempotency-key': 'k' }
    expect(read('{"type":"a","data":1,"id":"i"}', headers).id).toBe('i')
    expect(read('{"type":"a","data":1}', headers).id).toBe('k')
    expect(read('{"type":"a","data":1}').id).toBeNull()
  })

  it('tells its time in UTC', () => {
    expect(read('{"type":"a","data":1,"time":"2026-01-01T02:00:00+02:00"}').time).toBe(
      '2026-01-01T00:00:00.000Z',
    )
  })

  it('keeps no credential of its poster', () => {
    const headers = {
      authorization: 'Bearer an-api-key-of-ours',
      cookie: 'session=of-somebody',
      'x-auth-token': 'very-secret-token-1234',
      'user-agent': 'shop/1',
    }
    const kept = read('{"type":"a","data":1}', headers).headers
    expect(kept['user-agent']).toBe('shop/1')
    expect(kept['x-auth-token']).toBe('••••1234')
    expect(JSON.stringify(kept)).not.toMatch(/an-api|session|very-secret/)
  })

  it.each([
    ['no data', '{"type":"a"}', ['data']],
    ['no type', '{"data":1}', ['type']],
    ['a type with a space', '{"type":"a b","data":1}', ['type']],
    ['a type that ends with a dot', '{"type":"a.","data":1}', ['type']],
    ['a type of 129 characters', `{"type":"${'a'.repeat(129)}","data":1}`, ['type']],
    ['a type of Switchyard’s own', '{"type":"switchyard.delivery.dead","data":1}', ['type']],
    ['an id of 129 characters', `{"type":"a","data":1,"id":"${'i'.repeat(129)}"}`, ['id']],
    ['a time that is none', '{"type":"a","data":1,"time":"today"}', ['time']],
    ['two unknown fields', '{"type":"a","data":1,"x":1,"y":2}', ['x', 'y']],
    ['an array', '[]', ['']],
  ])('is refused with %s', async (_case, text, paths) => {
    expect(await refusal(text)).toEqual({ status: 422, code: 'validation_failed', paths })
  })

  it.each([
    ['half an object', '{"type":'],
    ['a word', 'hello'],
    ['nothing', ''],
  ])('is refused as malformed: %s', async (_case, text) => {
    expect(await refusal(text)).toMatchObject({ status: 400, code: 'malformed_json' })
  })

  it('is refused as malformed where it is not UTF-8', async () => {
    const event = readOne(new Headers(), new Uint8Array([0x22, 0xff, 0x22]))
    expect(event.ok ? null : event.error.status).toBe(400)
  })
})

describe('a CloudEvent', () => {
  const cloudEvent = new CloudEvent({
    id: 'one two',
    source: '/shop',
    type: 'order.paid',
    subject: 'order 4711 100% "paid"',
    time: '2026-01-01T00:00:00.000Z',
    data: { order: 4711 },
    orderkey: 'customer-1',
    priority: 'high',
    other: 'thing',
  })

  it.each([
    ['structured', HTTP.structured(cloudEvent)],
    ['binary', HTTP.binary(cloudEvent)],
  ])('is read as the published SDK writes it: %s', (_mode, { headers, body }) => {
    const plain = Object.entries(headers).map(([name, value]) => [name, String(value)])
    expect(read(String(body), Object.fromEntries(plain))).toMatchObject({
      type: 'order.paid',
      id: '/shop one two',
      source: '/shop',
      subject: 'order 4711 100% "paid"',
      time: '2026-01-01T00:00:00.000Z',
      order_key: 'customer-1',
      priority: 'high',
      data: '{"order":4711}',
      headers: { 'ce-other': 'thing' },
    })
  })

  const wrapped = (rest: string): string =>
    `{"specversion":"1.0","id":"1","source":"s","type":"a"${rest}}`

  it.each([
    ['the bytes of its JSON', ',"data": {"a":1.0 } ', '{"a":1.0 }', 'application/json'],
    [
      'text of another type as that text',
      ',"datacontenttype":"text/xml","data":"<a>\\"</a>"',
      '<a>"</a>',
      'text/xml',
    ],
    [
      'a text that is JSON with its quotes',
      ',"datacontenttype":"application/x+json","data":"t"',
      '"t"',
      'application/x+json',
    ],
    ['bytes in base64', ',"datacontenttype":"image/png","data_base64":"AGE="', '\0a', 'image/png'],
    ['nothing', '', '', null],
    ['null', ',"data":null', 'null', 'application/json'],
    ['attributes that are null', ',"subject":null,"data":1', '1', 'application/json'],
  ])('in structured mode has %s', (_case, rest, data, content_type) => {
    expect(read(wrapped(rest), structured)).toMatchObject({ data, content_type })
  })

  it.each([
    ['another specversion', wrapped('').replace('1.0', '0.3'), ['specversion']],
    ['data twice', wrapped(',"data":1,"data_base64":"AA=="'), ['data_base64']],
    ['base64 that is none', wrapped(',"data_base64":"%"'), ['data_base64']],
    ['an attribute with a capital', wrapped(',"Foo":"x"'), ['Foo']],
    ['a type that is not one of ours', wrapped('').replace('"a"', '"a/b"'), ['type']],
    ['no source', '{"specversion":"1.0","id":"1","type":"a"}', ['source']],
  ])('in structured mode is refused with %s', async (_case, text, paths) => {
    expect(await refusal(text, structured)).toMatchObject({ status: 422, paths })
  })

  it('in binary mode carries any bytes in any type', () => {
    const headers = new Headers({
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 'a',
      'content-type': 'image/png',
    })
    const bytes = new Uint8Array([0, 255, 1])
    expect(readOne(headers, bytes)).toMatchObject({
      ok: true,
      value: { data: bytes, content_type: 'image/png', id: '/s 1' },
    })
  })

  it('in binary mode is told which header is missing', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 'a' }
    expect((await refusal('x', headers)).paths).toEqual(['ce-source'])
  })

  it('in a format that is not JSON is refused as such', async () => {
    const headers = { 'content-type': 'application/cloudevents+avro' }
    expect(await refusal('x', headers)).toMatchObject({ status: 415 })
  })
})

describe('a batch', () => {
  const batch = (text: string, headers: Record<string, string> = {}) =>
    readBatch(new Headers(headers), bytesOf(text))

  it('keeps each event’s bytes, and each mistake in its place', () => {
    const read = batch(
      '{"events":[{"type":"a","data": {"x":1.0}},{"type":"b"},5,{"data":2,"type":"c"}]}',
    )
    const told = read.ok
      ? read.value.map((item) =>
          item.ok ? textOf(item.value.data) : item.error.map(({ path }) => path),
        )
      : null
    expect(told).toEqual(['{"x":1.0}', ['events[1].data'], ['events[2]'], '2'])
  })

  it('is also a CloudEvents batch', () => {
    const event = '{"specversion":"1.0","id":"1","source":"s","type":"a","data":[ 1]}'
    const read = batch(`[${event}, {}]`, { 'content-type': 'application/cloudevents-batch+json' })
    expect(read.ok && read.value.map(({ ok }) => ok)).toEqual([true, false])
  })

  it.each([
    ['no events', '{"events":[]}'],
    ['501 events', `{"events":[${Array(501).fill('1').join()}]}`],
    ['no array', '{"events":{}}'],
    ['another member', '{"events":[1],"x":1}'],
    ['an array alone', '[]'],
  ])('is refused whole with %s', (_case, text) => {
    const read = batch(text)
    expect(read.ok ? null : read.error.status).toBe(422)
  })
})
