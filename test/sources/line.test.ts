import { validateSignature } from '@line/bot-sdk'
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { toText } from '../../src/signing/bytes.ts'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const digestOf = (key: string, body: string) =>
  createHmac('sha256', key).update(body).digest('base64')

const signed = (body: string, key = 'k') =>
  post(body, { 'content-type': 'application/json', 'X-Line-Signature': digestOf(key, body) })

const message = '{"type":"message","webhookEventId":"01F1","message":{"text":"a \\"]}\\u00fc"}}'
const follow = '{ "webhookEventId": "01F2", "type": "follow", "timestamp": 12345678901234567890 }'
const one = `{"destination":"U1","events":[${message}]}`
const two = `{"events":[],"destination":"U1", "events" : [ ${message} ,\n${follow}]}`

itIsASource({
  provider: 'line',
  sign: (key) => signed(one, key),
  secrets: ['8c570fa6dd201bb328f1c1eac23a96d8', 'another'],
  proofHeader: 'x-line-signature',
  malformed: ['A'.repeat(43), 'AAAA', 'no base64', '0'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'message', dedupeKey: '01F1' },
})

const config = { secret: 'k' }
const world = { nowMs }

it.each([
  ['a genuine one', digestOf('k', one), true, true],
  ['one of another secret', digestOf('no', one), false, false],
  ['one with a tail', `${digestOf('k', one)}00`, true, false],
  ['one with junk in it', digestOf('k', one).replace(/^(.)/, '$1!'), true, false],
])("LINE's own library and we on %s", async (_case, signature, theirs, ours) => {
  expect(validateSignature(one, 'k', signature)).toBe(theirs)
  const request = post(one, { 'x-line-signature': signature })
  expect((await verify('line', request, config, world)).ok).toBe(ours)
})

it('names several events by what they share, and tells them by all of their ids', async () => {
  const value = { type: 'batch', dedupeKey: '01F1,01F2' }
  expect(await verify('line', signed(two), config, world)).toEqual({ ok: true, value })
  const alike = signed(two.replace('"follow"', '"message"'))
  expect(await verify('line', alike, config, world)).toMatchObject({
    ok: true,
    value: { type: 'message' },
  })
})

it.each(['{}', '{"events":7}', '[]', 'null', 'no JSON', '{"events":[7,{"type":1}]}'])(
  'takes %s for one event that has no name',
  async (body) => {
    const value = { type: 'unknown', dedupeKey: null }
    expect(await verify('line', signed(body), config, world)).toEqual({ ok: true, value })
  },
)

describe('a batch', () => {
  const partsOf = (body: string, split: boolean) => {
    const bound = bindSource('line', { ...config, split })
    return bound.ok ? bound.value.parts(signed(body)) : 'no config'
  }

  it('is split into its events, with their own bytes', () => {
    const parts = partsOf(two, true)
    if (!Array.isArray(parts)) throw new Error('it is not split')
    expect(parts.map((part) => [part.type, part.dedupeKey, toText(part.body)])).toEqual([
      ['message', '01F1', message],
      ['follow', '01F2', follow],
    ])
    expect(parts.map((part) => part.contentType)).toEqual(['application/json', 'application/json'])
  })

  it.each([
    ['is whole unless the config says so', two, false],
    ['is whole where there is none', '{"events":7}', true],
    ['is whole where it is empty', '{"events":[]}', true],
  ])('%s', (_case, body, split) => {
    expect(partsOf(body, split)).toBeNull()
  })
})

describe('the check of the URL', () => {
  const check = '{"destination":"U1","events":[]}'

  it('is answered with an empty 200', async () => {
    const answer = await handshake('line', signed(check), config, world)
    expect([answer?.status, await answer?.text()]).toEqual([200, ''])
  })

  it('is not answered without a proof', async () => {
    expect(await handshake('line', post(check, {}), config, world)).toBeNull()
    expect(await handshake('line', signed(check, 'no'), config, world)).toBeNull()
  })
})

it('answers an event with an empty 200', () => {
  const bound = bindSource('line', config)
  expect(bound.ok && bound.value.accepted(signed(one))?.status).toBe(200)
})
