import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { World } from '../../src/destinations/destination.ts'
import type { Grant } from '../../src/destinations/oauth/grant.ts'
import { isPrivateKeyPem, signedJwt } from '../../src/destinations/oauth/jwt.ts'
import { tokenFor } from '../../src/destinations/oauth/shared-token.ts'
import { startReceiver } from '../support/receiver.ts'
import type { Receiver } from '../support/receiver.ts'
import { worldOf } from './fixtures.ts'

let issuer: Receiver
beforeEach(async () => {
  issuer = await startReceiver()
  rotates()
})
afterEach(() => issuer.close())

/** Each refresh token works once, and brings the next. */
function rotates(more: object = {}) {
  let current = 0
  issuer.answers(({ body }) => {
    const used = new URLSearchParams(body.toString()).get('refresh_token')
    if (used !== `refresh-${current}`) return { status: 400, body: '{"error":"invalid_grant"}' }
    current += 1
    const tokens = { access_token: `access-${current}`, refresh_token: `refresh-${current}` }
    return { body: JSON.stringify({ ...tokens, expires_in: 600, ...more }) }
  })
}

const first: Grant = { type: 'refresh_token', refreshToken: 'refresh-0' }

const ask = (world: World, stale: string | null = null, grant = first, destination = 'dst_1') =>
  tokenFor(
    destination,
    { tokenUrl: `${issuer.url}/token`, id: 'id', secret: 'secret', auth: 'body' },
    grant,
    world,
    stale,
  )

const valueOf = async (asked: ReturnType<typeof ask>) => {
  const token = await asked
  return token.ok ? token.value.value : token.error
}

describe('refresh tokens that change with each use', () => {
  it('are taken from the last token, and from the configuration only at first', async () => {
    let at = 1_795_168_800_000
    const world = worldOf({ now: () => at })
    for (const expected of ['access-1', 'access-2', 'access-3']) {
      expect(await valueOf(ask(world))).toBe(expected)
      at += 600_000
    }
    expect(await valueOf(ask(world, 'access-3'))).toBe('access-4')
  })

  it('are used once for 100 who find the token expired, and once for 100 who are refused', async () => {
    let at = 1_795_168_800_000
    const world = worldOf({ now: () => at })
    await ask(world)
    at += 600_000
    const crowd = (stale: string | null) =>
      Promise.all(Array.from({ length: 100 }, () => valueOf(ask(world, stale))))
    expect(new Set(await crowd(null))).toEqual(new Set(['access-2']))
    expect(new Set(await crowd('access-2'))).toEqual(new Set(['access-3']))
    expect(issuer.received).toHaveLength(3)
  })

  it('stay where the answer brings no other', async () => {
    let at = 1_795_168_800_000
    const world = worldOf({ now: () => at })
    issuer.answers({ body: '{"access_token":"a","expires_in":600}' })
    await ask(world)
    at += 600_000
    await ask(world)
    const used = issuer.received.map(({ body }) => new URLSearchParams(body.toString()))
    expect(used.map((form) => form.get('refresh_token'))).toEqual(['refresh-0', 'refresh-0'])
  })

  it('begin anew where the configuration has another one', async () => {
    const world = worldOf()
    await ask(world)
    const other: Grant = { type: 'refresh_token', refreshToken: 'refresh-1' }
    expect(await valueOf(ask(world, null, other))).toBe('access-2')
    expect(await valueOf(ask(world))).toBe('access-1')
  })
})

it('tells the error by its name, where it is one of the standard’s', async () => {
  const refused = { outcome: { kind: 'failed', cause: 'credentials' } }
  const wrong: Grant = { type: 'refresh_token', refreshToken: 'secret_of_theirs' }
  expect(await ask(worldOf(), null, wrong)).toEqual({
    ok: false,
    error: { ...refused, error: 'The token endpoint answered 400 (invalid_grant).' },
  })
  issuer.answers({ status: 400, body: '{"error":"secret_of_theirs"}' })
  expect(await ask(worldOf(), null, wrong)).toEqual({
    ok: false,
    error: { ...refused, error: 'The token endpoint answered 400.' },
  })
})

it('asks no token endpoint that is not public', async () => {
  expect(await ask(worldOf({ allowlist: [] }))).toMatchObject({
    ok: false,
    error: { outcome: { kind: 'refused', cause: 'blocked_address' } },
  })
  expect(issuer.received).toEqual([])
})

it.each([
  ['https://example.my.salesforce.com/', 'https://example.my.salesforce.com'],
  ['javascript:alert(1)', undefined],
  [7, undefined],
])('takes %j for the address of the API as %s', async (instance_url, baseUrl) => {
  rotates({ instance_url })
  const token = await ask(worldOf())
  expect(token.ok && token.value.baseUrl).toBe(baseUrl)
})

it.each([
  ['no PEM', 'hello'],
  ['a public key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
  [
    'an encrypted key',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----',
  ],
  ['two kinds of line', '-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----'],
])('knows %s for no private key', (_, text) => {
  expect(isPrivateKeyPem(text)).toBe(false)
})

it.each([
  ['junk', 'AAAA'],
  ['half a group', 'AAAAA'],
])('says that %s is no key, and not what it is', async (_, base64) => {
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`
  const jwt = await signedJwt(pem, { iss: 'a' })
  expect(jwt).toEqual({ ok: false, error: 'The private key is no RSA key in PEM.' })
})
