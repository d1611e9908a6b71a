import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { verifyKey } from 'discord-interactions'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const keys = new Map<string, KeyObject>()

function newPublicKey(): string {
  const pair = generateKeyPairSync('ed25519')
  const text = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('hex')
  keys.set(text, pair.privateKey)
  return text
}

const publicKey = newPublicKey()
const another = newPublicKey()

const signed = (body: string, key = publicKey, timeS: number | string = 1_700_000_000) =>
  post(body, {
    'X-Signature-Timestamp': String(timeS),
    'X-Signature-Ed25519': signWith(null, Buffer.from(`${timeS}${body}`), keys.get(key)!).toString(
      'hex',
    ),
  })

const interaction = (type: number) =>
  `{"id":"1234","application_id":"99","type":${type},"token":"t","version":1,"data":{}}`

const event =
  '{"version":1,"application_id":"99","type":1,"event":{"type":"APPLICATION_AUTHORIZED","timestamp":"2024-10-18T14:42:53.064834","data":{}}}'

const eventPing = '{"version":1,"application_id":"99","type":0}'

itIsASource({
  provider: 'discord',
  sign: (key, timeS) => signed(interaction(2), key, timeS),
  secrets: [publicKey, another],
  secretField: 'public_key',
  proofHeader: 'x-signature-ed25519',
  signedHeaders: ['x-signature-timestamp'],
  malformed: ['zz', '0'.repeat(126), '0'.repeat(130), 'A'.repeat(128)],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'APPLICATION_COMMAND', dedupeKey: '1234' },
})

const config = { public_key: publicKey }
const world = { nowMs }
const ask = (request: SourceRequest) => verify('discord', request, config, world)

describe("beside Discord's library", () => {
  const library = ({ headers, body }: SourceRequest) =>
    verifyKey(
      body,
      headers.get('x-signature-ed25519')!,
      headers.get('x-signature-timestamp')!,
      publicKey,
    )

  it.each([
    ['a genuine interaction', signed(interaction(2)), true],
    ['a genuine event', signed(event), true],
    ['another key', signed(event, another), false],
    ['a changed body', { ...signed(event), body: signed(event).body.slice(1) }, false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(await library(request)).toBe(genuine)
    expect((await ask(request)).ok).toBe(genuine)
  })

  it.each([
    ['a stale request', signed(event, publicKey, 1_600_000_000)],
    ['one of the future', signed(event, publicKey, 1_800_000_000)],
    ['a time that is no number', signed(event, publicKey, '1.7e9')],
  ])('is stricter about %s', async (_case, request) => {
    expect(await library(request)).toBe(true)
    expect((await ask(request)).ok).toBe(false)
  })
})

it.each([
  [2, 'APPLICATION_COMMAND'],
  [3, 'MESSAGE_COMPONENT'],
  [4, 'APPLICATION_COMMAND_AUTOCOMPLETE'],
  [5, 'MODAL_SUBMIT'],
  [77, 'unknown'],
])('names an interaction of type %j', async (number, type) => {
  const result = await ask(signed(interaction(number)))
  expect(result).toEqual({ ok: true, value: { type, dedupeKey: '1234' } })
})

it('names an event by its own type, and tells it by its bytes', async () => {
  const dedupeKey = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
  const value = { type: 'APPLICATION_AUTHORIZED', dedupeKey }
  expect(await ask(signed(event))).toEqual({ ok: true, value })
})

describe('the checks of the URL', () => {
  it('answers the ping of interactions with its like', async () => {
    const answer = await handshake('discord', signed(interaction(1)), config, world)
    expect(answer?.status).toBe(200)
    expect(answer?.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await answer?.json()).toEqual({ type: 1 })
  })

  it('answers the ping of events with 204, a content type and nothing', async () => {
    const answer = await handshake('discord', signed(eventPing), config, world)
    expect([answer?.status, answer?.body]).toEqual([204, null])
    expect(answer?.headers.get('content-type')).toBe('application/json')
  })

  it('takes no event for a ping, though both are of type 1', async () => {
    expect(await handshake('discord', signed(event), config, world)).toBeNull()
  })

  it.each([interaction(1), eventPing])('does not answer %s without its proof', async (body) => {
    for (const request of [
      post(body, {}),
      signed(body, another),
      signed(body, publicKey, 1_600_000_000),
    ]) {
      expect(await handshake('discord', request, config, world)).toBeNull()
      expect((await ask(request)).ok).toBe(false)
    }
  })
})

describe('the answer to what was accepted', () => {
  const bound = bindSource('discord', config)
  const answerTo = (body: string) => (bound.ok ? bound.value.accepted(signed(body)) : null)

  it.each([
    [2, { type: 5 }],
    [3, { type: 6 }],
    [4, { type: 8, data: { choices: [] } }],
    [5, { type: 5 }],
  ])('puts an interaction of type %j off', async (number, answer) => {
    const response = answerTo(interaction(number))
    expect(response?.status).toBe(200)
    expect(await response?.json()).toEqual(answer)
  })

  it('is 204 to an event', () => {
    const response = answerTo(event)
    expect([response?.status, response?.body]).toEqual([204, null])
  })
})

it.each(['zz', 'ab', `${publicKey}00`, `0x${publicKey}`])(
  'refuses %j as a public key',
  (public_key) => {
    expect(bindSource('discord', { public_key }).ok).toBe(false)
  },
)
