import { createHmac } from 'node:crypto'
import { AwsLambdaReceiver } from '@zoom/rivet/meetings'
import { describe, expect, it, vi } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'zoom-secret-token'
const config = { secret }
const world = { nowMs }
const started =
  '{"event":"meeting.started","event_ts":1700000000000,"payload":{"account_id":"A","object":{"uuid":"u=="}}}'
const validation =
  '{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1700000000000,"event":"endpoint.url_validation"}'

const signed = (body: string, key = secret, timeS: number | string = 1_700_000_000) =>
  post(body, {
    'content-type': 'application/json',
    'x-zm-request-timestamp': String(timeS),
    'x-zm-signature': `v0=${createHmac('sha256', key).update(`v0:${timeS}:${body}`).digest('hex')}`,
  })

itIsASource({
  provider: 'zoom',
  sign: (key, timeS) => signed(started, key, timeS),
  secrets: [secret, 'another'],
  proofHeader: 'x-zm-signature',
  signedHeaders: ['x-zm-request-timestamp'],
  malformed: [`v1=${'0'.repeat(64)}`, '0'.repeat(64), 'v0=', `v0=${'A'.repeat(64)}`],
  signsBody: true,
  toleranceS: 300,
  expected: {
    type: 'meeting.started',
    dedupeKey: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown as string,
  },
})

/** What Zoom's own library answers. */
async function library({ headers, body }: SourceRequest) {
  vi.spyOn(console, 'debug').mockImplementation(() => {})
  const receiver = new AwsLambdaReceiver({ webhooksSecretToken: secret })
  receiver.init({ eventEmitter: { emit: async () => {} } as never })
  const event = { body: toText(body), headers: Object.fromEntries(headers), isBase64Encoded: false }
  const answer = await receiver.start()(event as never, {} as never)
  return { status: answer.statusCode, json: JSON.parse(answer.body) as unknown }
}

describe("beside Zoom's library", () => {
  it.each([
    ['a genuine event', signed(started), true],
    ['another secret', signed(started, 'no'), false],
    ['a changed event', { ...signed(started), body: signed(validation).body }, false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect((await library(request)).status).toBe(genuine ? 200 : 400)
    expect((await verify('zoom', request, config, world)).ok).toBe(genuine)
  })

  it('answers the check of the URL alike', async () => {
    const answer = await handshake('zoom', signed(validation), config, world)
    expect(answer?.status).toBe(200)
    expect(answer?.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await answer?.json()).toEqual((await library(signed(validation))).json)
  })

  it.each([
    ['an old request', signed(started, secret, 1_600_000_000)],
    ['one of the future', signed(started, secret, 1_800_000_000)],
  ])('is stricter about %s', async (_case, request) => {
    expect((await library(request)).status).toBe(200)
    expect((await verify('zoom', request, config, world)).ok).toBe(false)
  })
})

describe('the check of the URL', () => {
  it('is answered with the secret that it was signed with', async () => {
    const rolled = { secret: ['new', secret] }
    const answer = await handshake('zoom', signed(validation), rolled, world)
    const token = 'qgg8vlvZRS6UYooatFL8Aw'
    expect(await answer?.json()).toEqual({
      plainToken: token,
      encryptedToken: createHmac('sha256', secret).update(token).digest('hex'),
    })
  })

  it.each([
    ['without a proof', post(validation, {})],
    ['with a wrong one', signed(validation, 'no')],
    ['too late', signed(validation, secret, 1_600_000_000)],
  ])('is not answered %s, which would sign what anybody asks for', async (_case, request) => {
    expect(await handshake('zoom', request, config, world)).toBeNull()
    expect((await verify('zoom', request, config, world)).ok).toBe(false)
  })

  it('is not seen in an event that has a plain token too', async () => {
    const request = signed('{"event":"other","payload":{"plainToken":"x"}}')
    expect(await handshake('zoom', request, config, world)).toBeNull()
  })
})

it('answers an event with exactly 200', () => {
  const bound = bindSource('zoom', config)
  expect(bound.ok && bound.value.accepted(signed(started))?.status).toBe(200)
})
