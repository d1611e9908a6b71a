import { afterEach, beforeEach, expect, it } from 'vitest'
import type { World } from '../../src/destinations/destination.ts'
import { startReceiver } from '../support/receiver.ts'
import type { Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

let receiver: Receiver
let issuer: Receiver
beforeEach(async () => {
  ;[receiver, issuer] = await Promise.all([startReceiver(), startReceiver()])
  issueTokens({})
})
afterEach(() => Promise.all([receiver.close(), issuer.close()]))

const secret = 'client secret: ü&='

/** Tokens `token-1`, `token-2`, …, with what else the answer holds. */
function issueTokens(more: object) {
  let issued = 0
  issuer.answers(() => {
    issued += 1
    return {
      body: JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', ...more }),
    }
  })
}

const send = (world: World, auth: object = {}, timeoutMs = 5000) =>
  bound('webhook', {
    url: receiver.url,
    auth: {
      type: 'oauth2_client_credentials',
      token_url: `${issuer.url}/token`,
      client_id: 'client id',
      client_secret: secret,
      ...auth,
    },
  }).send(messageOf(), addresseeOf({ timeoutMs }), world)

const carried = () => receiver.received.map(({ headers }) => headers.authorization)

it('asks for a token once and sends it with every delivery', async () => {
  const world = worldOf()
  for (let i = 0; i < 3; i++) expect((await send(world)).outcome.kind).toBe('delivered')
  expect(carried()).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1'])
  expect(issuer.received).toHaveLength(1)
})

it('names itself by HTTP Basic, encoded as RFC 6749 2.3.1 says', async () => {
  await send(worldOf(), { scope: 'a b', audience: 'https://api' })
  const [request] = issuer.received
  const pair = Buffer.from(request?.headers.authorization?.slice(6) ?? '', 'base64').toString()
  expect(pair).toBe('client+id:client+secret%3A+%C3%BC%26%3D')
  expect(request).toMatchObject({
    method: 'POST',
    path: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
  })
  expect(Object.fromEntries(new URLSearchParams(request?.body.toString()))).toEqual({
    grant_type: 'client_credentials',
    scope: 'a b',
    audience: 'https://api',
  })
})

it('names itself in the body where the server wants it so', async () => {
  await send(worldOf(), { client_auth: 'body' })
  const [request] = issuer.received
  expect(request?.headers).not.toHaveProperty('authorization')
  expect(Object.fromEntries(new URLSearchParams(request?.body.toString()))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'client id',
    client_secret: secret,
  })
})

it('asks once for 100 deliveries that find the token expired', async () => {
  issueTokens({ expires_in: 600 })
  let at = 1_795_168_800_000
  const world = worldOf({ now: () => at })
  await send(world)
  at += 541_000
  const reports = await Promise.all(Array.from({ length: 100 }, () => send(world)))
  expect(reports.every(({ outcome }) => outcome.kind === 'delivered')).toBe(true)
  expect(issuer.received).toHaveLength(2)
  expect(carried().slice(1)).toEqual(Array.from({ length: 100 }, () => 'Bearer token-2'))
})

it.each([
  ['a minute before its end', { expires_in: 600 }, 540],
  ['a minute before its end, told as text', { expires_in: '600' }, 540],
  ['half-way, where it lives for less than two minutes', { expires_in: 60 }, 30],
  ['after 59 minutes, where its end is not told', {}, 3540],
])('gives a token up %s', async (_, more, seconds) => {
  issueTokens(more)
  let at = 1_795_168_800_000
  const world = worldOf({ now: () => at })
  await send(world)
  at += seconds * 1000 - 1
  await send(world)
  expect(issuer.received).toHaveLength(1)
  at += 1
  await send(world)
  expect(issuer.received).toHaveLength(2)
})

it('asks for another token after a 401, once, and sends again', async () => {
  receiver.answers(401, 200)
  const report = await send(worldOf())
  expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: 200 })
  expect(carried()).toEqual(['Bearer token-1', 'Bearer token-2'])
  expect(issuer.received).toHaveLength(2)
})

it('takes the second 401 for an answer', async () => {
  receiver.answers(401)
  const report = await send(worldOf())
  expect(report).toMatchObject({ outcome: { kind: 'failed', cause: 'status' }, status: 401 })
  expect(carried()).toEqual(['Bearer token-1', 'Bearer token-2'])
})

it('asks once for 100 deliveries whose token is refused', async () => {
  receiver.answers(({ headers }) => (headers.authorization === 'Bearer token-1' ? 401 : 200))
  const world = worldOf()
  const reports = await Promise.all(Array.from({ length: 100 }, () => send(world)))
  expect(reports.every(({ outcome }) => outcome.kind === 'delivered')).toBe(true)
  expect(issuer.received).toHaveLength(2)
})

it('uses no token of other credentials', async () => {
  const world = worldOf()
  await send(world)
  await send(world, { scope: 'more' })
  expect(carried()).toEqual(['Bearer token-1', 'Bearer token-2'])
})

it.each([
  ['a refusal', 400, 'The token endpoint answered 400.'],
  ['an outage', 503, 'The token endpoint answered 503.'],
  ['a redirect', { status: 302, headers: { location: '/x' } }, 'The token endpoint answered 302.'],
  ['no JSON', { body: 'hello' }, 'The token endpoint answered without a bearer token.'],
  [
    'another kind of token',
    { body: '{"access_token":"a","token_type":"mac"}' },
    'The token endpoint answered without a bearer token.',
  ],
  [
    'a token with a line break',
    { body: String.raw`{"access_token":"a\r\nx: 1"}` },
    'The token endpoint answered without a bearer token.',
  ],
  [
    'an answer without end',
    { stream: 'endless' as const },
    'The token endpoint answered without a bearer token.',
  ],
  ['a cut connection', { reset: true }, 'The connection to the token endpoint failed.'],
])('fails, to be tried again, on %s of the token endpoint', async (_, answer, error) => {
  issuer.answers(answer)
  const report = await send(worldOf())
  expect(report).toMatchObject({ outcome: { kind: 'failed', cause: 'credentials' }, error })
  expect(receiver.received).toEqual([])
  expect(issuer.received).toHaveLength(1)
})

it('asks again at the next delivery after a failure', async () => {
  const world = worldOf()
  issuer.answers(503, { body: '{"access_token":"late","expires_in":60}' })
  expect((await send(world)).outcome.kind).toBe('failed')
  expect((await send(world)).outcome.kind).toBe('delivered')
})

it('counts the wait for a token into the time-out', async () => {
  issuer.answers({ hang: true })
  const startedAt = performance.now()
  const report = await send(worldOf(), {}, 300)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(report.outcome).toEqual({ kind: 'failed', cause: 'timeout' })
})

it('asks no token endpoint that is not public', async () => {
  const port = new URL(receiver.url).port
  const report = await send(worldOf({ allowlist: [`127.0.0.1:${port}`] }))
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'blocked_address' })
  expect(issuer.received).toEqual([])
})

it('shows neither the client secret nor the token', async () => {
  receiver.answers(({ headers }) => ({ status: 500, body: `${headers.authorization} ${secret}` }))
  const report = JSON.stringify(await send(worldOf()))
  expect(report).toContain('Bearer ••••')
  expect(report).not.toContain('token-1')
  expect(report).not.toContain(secret)
})

itIsADestination({
  type: 'webhook',
  config: (url) => ({
    url,
    auth: {
      type: 'oauth2_client_credentials',
      token_url: `${issuer.url}/token`,
      client_id: 'id',
      client_secret: 'client-secret-value',
    },
  }),
  secrets: ['client-secret-value', 'token-1'],
})
