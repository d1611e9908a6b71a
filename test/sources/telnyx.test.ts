import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import Telnyx from 'telnyx'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bindSource, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const keys = new Map<string, KeyObject>()

function newPublicKey(): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const text = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64')
  keys.set(text, privateKey)
  return text
}

const publicKey = newPublicKey()
const another = newPublicKey()
const body = '{"data":{"event_type":"message.received","id":"b301ed3f","record_type":"event"}}'

const signed = (key = publicKey, timeS = 1_700_000_000, text = body) =>
  post(text, {
    'Telnyx-Timestamp': String(timeS),
    'Telnyx-Signature-Ed25519': signWith(
      null,
      Buffer.from(`${timeS}|${text}`),
      keys.get(key)!,
    ).toString('base64'),
  })

itIsASource({
  provider: 'telnyx',
  sign: (key, timeS) => signed(key, timeS),
  secrets: [publicKey, another],
  secretField: 'public_key',
  proofHeader: 'telnyx-signature-ed25519',
  signedHeaders: ['telnyx-timestamp'],
  malformed: ['AAAA', '0'.repeat(128), 'A'.repeat(86), `${'_'.repeat(85)}A==`],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'message.received', dedupeKey: 'b301ed3f' },
})

const config = { public_key: publicKey }
const ask = (request: SourceRequest) => verify('telnyx', request, config, { nowMs })

describe("beside Telnyx's library", () => {
  beforeEach(() => vi.useFakeTimers({ now: nowMs, toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  const client = new Telnyx({ apiKey: 'KEY', publicKey })
  const library = ({ headers, body: bytes }: SourceRequest) =>
    client.webhooks.unwrap(toText(bytes), { headers: Object.fromEntries(headers) }).then(
      () => true,
      () => false,
    )

  const withHeader = (name: string, value: string) => {
    const request = signed()
    request.headers.set(name, value)
    return request
  }

  it.each([
    ['a genuine request', signed(), true],
    ['another key', signed(another), false],
    ['a changed body', { ...signed(), body: signed().body.slice(1) }, false],
    ['one as old as may be', signed(publicKey, 1_699_999_700), true],
    ['a stale one', signed(publicKey, 1_699_999_699), false],
    ['one of the future', signed(publicKey, 1_700_000_301), false],
    ['another time', withHeader('telnyx-timestamp', '1700000001'), false],
    ['a time with a sign', withHeader('telnyx-timestamp', '+1700000000'), false],
    ['a short signature', withHeader('telnyx-signature-ed25519', 'AAAA'), false],
    [
      'a signature without its padding',
      withHeader(
        'telnyx-signature-ed25519',
        signed().headers.get('telnyx-signature-ed25519')!.slice(0, -2),
      ),
      false,
    ],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(await library(request)).toBe(genuine)
    expect((await ask(request)).ok).toBe(genuine)
  })
})

it.each(['AAAA', 'x', Buffer.alloc(33).toString('base64'), 'z'.repeat(64)])(
  'refuses %j as a public key',
  (key) => {
    expect(bindSource('telnyx', { public_key: key }).ok).toBe(false)
  },
)

it('answers an event with exactly 200', () => {
  const bound = bindSource('telnyx', config)
  expect(bound.ok && bound.value.accepted(signed())?.status).toBe(200)
})
