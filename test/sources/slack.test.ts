import { createHmac } from 'node:crypto'
import { isValidSlackRequest } from '@slack/bolt/dist/receivers/verify-request.js'
import { describe, expect, it } from 'vitest'
import { bindSource, handshake, verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = '8f742231b10e8888abcd99yyyzzz85a5'
const config = { secret }

const signed = (body: string, type = 'application/json', key = secret, timeS = 1_700_000_000) =>
  post(body, {
    'content-type': type,
    'X-Slack-Request-Timestamp': String(timeS),
    'X-Slack-Signature': `v0=${createHmac('sha256', key).update(`v0:${timeS}:${body}`).digest('hex')}`,
  })

const formType = 'application/x-www-form-urlencoded'

const form = (fields: Record<string, string>) =>
  signed(new URLSearchParams(fields).toString(), formType)

const message = '{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}'

itIsASource({
  provider: 'slack',
  sign: (key, timeS) => signed(message, 'application/json', key, timeS),
  secrets: [secret, 'another'],
  proofHeader: 'x-slack-signature',
  malformed: [`v1=${'0'.repeat(64)}`, '0'.repeat(64), 'v0=', `v0=${'A'.repeat(64)}`],
  signsBody: true,
  toleranceS: 300,
  expected: { type: 'message', dedupeKey: 'Ev1' },
})

/** What Slack's own framework thinks of a request. */
const bolt = ({ headers, body }: SourceRequest, nowMilliseconds = nowMs) =>
  isValidSlackRequest({
    signingSecret: secret,
    body: toText(body),
    headers: {
      'x-slack-signature': headers.get('x-slack-signature')!,
      'x-slack-request-timestamp': Number(headers.get('x-slack-request-timestamp')),
    },
    nowMilliseconds,
  })

describe('beside Bolt', () => {
  it.each([
    ['a genuine event', signed(message), true],
    ['a genuine form', form({ command: '/deploy', text: 'now & here' }), true],
    ['another secret', signed(message, 'application/json', 'no'), false],
    ['a stale one', signed(message, 'application/json', secret, 1_699_999_699), false],
    ['one as old as may be', signed(message, 'application/json', secret, 1_699_999_700), true],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(bolt(request)).toBe(genuine)
    expect((await verify('slack', request, config, { nowMs })).ok).toBe(genuine)
  })

  it('is stricter about the future, which Bolt believes', async () => {
    const request = signed(message, 'application/json', secret, 1_700_000_301)
    expect(bolt(request)).toBe(true)
    expect((await verify('slack', request, config, { nowMs })).ok).toBe(false)
  })
})

it("accepts the worked example of Slack's documentation, a slash command", async () => {
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
  const request = post(body, {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  })
  expect(await verify('slack', request, config, { nowMs: 1_531_420_618_000 })).toEqual({
    ok: true,
    value: {
      type: '/webhook-collect',
      dedupeKey: '398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    },
  })
})

it('names an interaction by the JSON in its form', async () => {
  const request = form({ payload: '{"type":"block_actions","trigger_id":"1.2.3"}' })
  const value = { type: 'block_actions', dedupeKey: '1.2.3' }
  expect(await verify('slack', request, config, { nowMs })).toEqual({ ok: true, value })
})

it.each([
  ['a button', { actions: [{ action_id: 'approve_video' }] }, 'slack.action.approve_video'],
  ['the first of several', { actions: [{ action_id: 'a' }, { action_id: 'b' }] }, 'slack.action.a'],
  ['what no type can hold', { actions: [{ action_id: 'ja/nein, "é"' }] }, 'slack.action.ja_nein_'],
  [
    'an id of the longest',
    { actions: [{ action_id: 'x'.repeat(255) }] },
    `slack.action.${'x'.repeat(100)}`,
  ],
  ['one without an id', { actions: [{}] }, 'block_actions'],
])('names a press by its action: %s', async (_case, pressed, type) => {
  const payload = JSON.stringify({ type: 'block_actions', trigger_id: '1.2.3', ...pressed })
  const value = { type, dedupeKey: '1.2.3' }
  expect(await verify('slack', form({ payload }), config, { nowMs })).toEqual({ ok: true, value })
})

it('refuses a request without its time', async () => {
  const request = signed(message)
  request.headers.delete('x-slack-request-timestamp')
  const error = { reason: 'missing_header', header: 'x-slack-request-timestamp' }
  expect(await verify('slack', request, config, { nowMs })).toEqual({ ok: false, error })
})

describe('the URL check', () => {
  const challenge = '{"token":"x","challenge":"<b>abc</b>","type":"url_verification"}'

  it('is answered with the challenge, as text', async () => {
    const answer = await handshake('slack', signed(challenge), config, { nowMs })
    expect(answer?.status).toBe(200)
    expect(await answer?.text()).toBe('<b>abc</b>')
    expect(answer?.headers.get('content-type')).toBe('text/plain')
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['without a proof', post(challenge, { 'content-type': 'application/json' })],
    ['with a wrong one', signed(challenge, 'application/json', 'no')],
    ['too late', signed(challenge, 'application/json', secret, 1_600_000_000)],
  ])('is not answered %s', async (_case, request) => {
    expect(await handshake('slack', request, config, { nowMs })).toBeNull()
    expect((await verify('slack', request, config, { nowMs })).ok).toBe(false)
  })

  it('is not answered by a source of another provider', async () => {
    expect(await handshake('github', signed(challenge), config, { nowMs })).toBeNull()
  })
})

describe("the check of a command URL's certificate", () => {
  const probe = { token: 'x', ssl_check: '1' }
  const unsigned = (fields: Record<string, string>) =>
    post(new URLSearchParams(fields).toString(), { 'content-type': formType })

  it.each([
    ['without a signature, as Slack may send it', unsigned(probe)],
    ['with a signature', form(probe)],
  ])('is answered with an empty 200 %s', async (_case, request) => {
    const answer = await handshake('slack', request, config, { nowMs })
    expect([answer?.status, answer?.body]).toEqual([200, null])
  })

  it('makes no event of what comes along without a signature', async () => {
    const request = unsigned({ ...probe, command: '/deploy' })
    expect((await handshake('slack', request, config, { nowMs }))?.status).toBe(200)
    expect((await verify('slack', request, config, { nowMs })).ok).toBe(false)
  })

  it.each([
    ['with a wrong signature', signed(new URLSearchParams(probe).toString(), formType, 'no')],
    ['of another value', unsigned({ ssl_check: '0' })],
    ['as a GET', { ...unsigned(probe), method: 'GET' }],
    ['of a length that no probe has', unsigned({ ...probe, text: 'x'.repeat(1000) })],
    ['as JSON', post('{"ssl_check":"1"}', { 'content-type': 'application/json' })],
  ])('is none %s', async (_case, request) => {
    expect(await handshake('slack', request, config, { nowMs })).toBeNull()
  })
})

it('answers an accepted event with an empty 200', () => {
  const bound = bindSource('slack', config)
  const answer = bound.ok ? bound.value.accepted(signed(message)) : null
  expect([answer?.status, answer?.body]).toEqual([200, null])
})
