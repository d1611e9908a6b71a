import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerParts, Received, Receiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { act, aReceiver, closeReceivers, deliveryOnce, post, soon } from './story.ts'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

const clientSecret = `client-secret-${randomBytes(8).toString('hex')}`

let router: Router
let tenant: RouterTenant
/** An authorization server and an API that takes only its tokens. */
let crm: Receiver
/** Codes that were given out, with the challenge that each is bound to. */
let codes: Map<string, string>
let issued: string[]

const json = (status: number, body: unknown): AnswerParts => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

function tokenAnswer({ body }: Received): AnswerParts {
  const form = new URLSearchParams(body.toString())
  if (form.get('client_secret') !== clientSecret) return json(401, { error: 'invalid_client' })
  const code = form.get('code') ?? ''
  const proof = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  const byCode = form.get('grant_type') === 'authorization_code' && codes.get(code) === proof
  codes.delete(code)
  const known = byCode || issued.includes(form.get('refresh_token') ?? '')
  if (!known) return json(400, { error: 'invalid_grant' })
  const [access_token, refresh_token] = [randomBytes(12), randomBytes(12)].map((bytes) =>
    bytes.toString('hex'),
  )
  issued.push(access_token ?? '', refresh_token ?? '')
  return json(200, { access_token, refresh_token, token_type: 'bearer', instance_url: crm.url })
}

beforeAll(async () => {
  router = await startRouter()
  tenant = await router.tenant()
  crm = await aReceiver()
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

beforeEach(() => {
  codes = new Map()
  issued = []
  crm.received.splice(0)
  crm.answers((request) => {
    if (request.path === '/services/oauth2/token') return tokenAnswer(request)
    const [, token = ''] = request.headers.authorization?.split(' ') ?? []
    return json(issued.includes(token) ? 201 : 401, [{ errorCode: 'INVALID_SESSION_ID' }])
  })
})

const newDestination = (config: object = {}): Promise<Loose> =>
  tenant.make('/api/v1/destinations', {
    name: 'CRM',
    type: 'salesforce',
    retry: soon,
    config: {
      auth: { type: 'refresh_token', client_id: 'our-app', client_secret: clientSecret },
      login_url: crm.url,
      action: 'task',
      ...config,
    },
  })

const authorize = async (id: string, body: object = {}): Promise<URL> => {
  const [status, { url }] = await act(tenant, `/api/v1/destinations/${id}/oauth/authorize`, body)
  expect(status).toBe(200)
  return new URL(url)
}

/** As the account's owner says yes: where the browser is sent to. */
function consented(url: URL): URLSearchParams {
  const code = `code-${randomBytes(8).toString('hex')}`
  codes.set(code, url.searchParams.get('code_challenge') ?? '')
  return new URLSearchParams({ code, state: url.searchParams.get('state') ?? '', iss: crm.url })
}

const callback = (query: URLSearchParams) =>
  router.api(`/oauth/callback?${query.toString()}`, { key: null })

const stateProblem = (message: string) => ({
  status: 422,
  json: { code: 'validation_failed', errors: [{ path: 'state', message }] },
})
const used = stateProblem(
  'was used already, or the destination has changed since: ask for a new URL',
)
const unknown = stateProblem('is none that was given out here')

describe('an account that is connected by consent', () => {
  it('delivers from then on, with tokens that nobody is shown', async () => {
    const destination = await newDestination()
    await tenant.make('/api/v1/connections', {
      destination_id: destination.id,
      event_types: ['connected.*'],
    })
    const url = await authorize(destination.id)
    expect(url.origin + url.pathname).toBe(`${crm.url}/services/oauth2/authorize`)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'our-app',
      redirect_uri: `${router.url}/oauth/callback`,
      scope: 'api refresh_token',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })

    const ended = await callback(consented(url))
    expect(ended).toMatchObject({
      status: 200,
      json: { connected: true, destination_id: destination.id },
    })
    expect(ended.headers.get('cache-control')).toBe('no-store')
    const exchange = new URLSearchParams(crm.received[0]?.body.toString())
    expect(exchange.get('redirect_uri')).toBe(`${router.url}/oauth/callback`)

    const eventId = await post(tenant, { type: 'connected.now' })
    const delivery = await deliveryOnce(tenant, eventId, 'delivered')
    const last = crm.received.at(-1)
    expect(last?.path).toBe('/services/data/v64.0/sobjects/Task')
    expect(issued).toContain(last?.headers.authorization?.slice('Bearer '.length))

    const { json: shown } = await tenant.api(`/api/v1/destinations/${destination.id}`)
    expect(shown.config.auth.refresh_token).toMatch(/^••••/)
    const told = JSON.stringify([ended.json, shown, delivery]) + router.log()
    for (const secret of [...issued, clientSecret]) expect(told).not.toContain(secret)
  })

  it('may be connected anew', async () => {
    const { id } = await newDestination()
    for (let i = 0; i < 2; i++) {
      expect((await callback(consented(await authorize(id)))).status).toBe(200)
    }
  })

  it('is told another origin’s redirect URI where the router has one', async () => {
    const { id } = await newDestination()
    const redirect = 'https://hooks.example.com/oauth/callback'
    const url = await authorize(id, { redirect })
    expect(url.searchParams.get('redirect_uri')).toBe(redirect)
    await callback(consented(url))
    const exchange = new URLSearchParams(crm.received[0]?.body.toString())
    expect(exchange.get('redirect_uri')).toBe(redirect)
    const path = `/api/v1/destinations/${id}/oauth/authorize`
    const wrong = await act(tenant, path, { redirect: 'https://evil.example.com/steal' })
    expect(wrong).toMatchObject([422, { errors: [{ path: 'redirect' }] }])
  })
})

describe('a callback', () => {
  it('counts once', async () => {
    const { id } = await newDestination()
    const query = consented(await authorize(id))
    expect((await callback(query)).status).toBe(200)
    const asked = crm.received.length
    expect(await callback(query)).toMatchObject(used)
    expect(crm.received).toHaveLength(asked)
  })

  it('counts once also where many come at the same time', async () => {
    const { id } = await newDestination()
    const query = consented(await authorize(id))
    const answers = await Promise.all(Array.from({ length: 5 }, () => callback(query)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('counts for nothing where the destination has changed since, or is gone', async () => {
    const { id } = await newDestination()
    const query = consented(await authorize(id))
    await tenant.api(`/api/v1/destinations/${id}`, { method: 'PATCH', body: { name: 'Other' } })
    expect(await callback(query)).toMatchObject(used)
    const again = consented(await authorize(id))
    await tenant.api(`/api/v1/destinations/${id}`, { method: 'DELETE' })
    expect(await callback(again)).toMatchObject(used)
    expect(crm.received).toEqual([])
  })

  it('with a state that nobody gave out is refused, and nobody asked', async () => {
    const { id } = await newDestination()
    const query = consented(await authorize(id))
    const state = query.get('state') ?? ''
    const middle = Math.floor(state.length / 2)
    const flipped = state[middle] === 'A' ? 'B' : 'A'
    const wrong = [
      '',
      'x',
      state.slice(0, -4),
      state.slice(0, middle) + flipped + state.slice(middle + 1),
      `${state}.x`,
    ]
    for (const text of wrong) {
      query.set('state', text)
      expect(await callback(query)).toMatchObject(unknown)
    }
    query.delete('state')
    expect(await callback(query)).toMatchObject(unknown)
    expect(crm.received).toEqual([])
  })

  it('with the code of another consent is refused by the receiver, and nothing is stored', async () => {
    const { id } = await newDestination()
    const mine = consented(await authorize(id))
    const other = consented(await authorize(id))
    mine.set('code', other.get('code') ?? '')
    expect(await callback(mine)).toMatchObject({
      status: 422,
      json: {
        errors: [{ path: 'code', message: 'The token endpoint answered 400 (invalid_grant).' }],
      },
    })
    const { json: shown } = await tenant.api(`/api/v1/destinations/${id}`)
    expect(shown.config.auth).not.toHaveProperty('refresh_token')
  })

  it('that says no is told', async () => {
    const { id } = await newDestination()
    const state = (await authorize(id)).searchParams.get('state') ?? ''
    const denied = { error: 'access_denied', error_description: '<b>end-user denied</b>' }
    const answer = await callback(new URLSearchParams({ state, ...denied }))
    expect(answer).toMatchObject({
      status: 422,
      json: { errors: [{ path: 'error', message: 'access_denied: <b>end-user denied</b>' }] },
    })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await callback(new URLSearchParams({ state }))).toMatchObject({
      status: 422,
      json: { errors: [{ path: 'code', message: 'required' }] },
    })
  })

  it.each<[string, AnswerParts, string]>([
    ['an outage', { status: 503 }, 'The token endpoint answered 503.'],
    [
      'a redirect',
      { status: 302, headers: { location: '/x' } },
      'The token endpoint answered 302.',
    ],
    ['a cut connection', { reset: true }, 'The connection to the token endpoint failed.'],
    ['no end', { stream: 'endless' }, 'The token endpoint answered without a bearer token.'],
    [
      'nothing to keep',
      json(200, { access_token: 'a' }),
      'Salesforce answered without a refresh token: does the app have the scope "refresh_token"?',
    ],
    [
      'what cannot be kept',
      json(200, { refresh_token: 'a b' }),
      'What came for it does not fit the destination.',
    ],
  ])('that is met by %s says so, and may be tried again', async (_, answer, message) => {
    const { id } = await newDestination()
    const query = consented(await authorize(id))
    crm.answers(answer, tokenAnswer)
    expect(await callback(query)).toMatchObject({ json: { errors: [{ path: 'code', message }] } })
    expect((await callback(query)).status).toBe(200)
  })
})

it.each([
  ['a webhook', { type: 'webhook', config: { url: 'http://127.0.0.1:8099/' } }],
  [
    'an account with other credentials',
    {
      type: 'hubspot',
      config: { auth: { type: 'private_app', token: 'pat' } },
    },
  ],
])('has nothing to consent to for %s', async (_, fields) => {
  const { id } = await tenant.make('/api/v1/destinations', { name: 'x', ...fields })
  const answer = await act(tenant, `/api/v1/destinations/${id}/oauth/authorize`)
  expect(answer).toMatchObject([422, { errors: [{ path: 'config' }] }])
})

it('is asked for by operators, in their own tenant', async () => {
  const { id } = await newDestination()
  const path = `/api/v1/destinations/${id}/oauth/authorize`
  const { key } = await tenant.make('/api/v1/api-keys', { name: 'v', role: 'viewer' })
  const asViewer = await router.api(path, { method: 'POST', body: {}, key })
  expect(asViewer.status).toBe(403)
  const other = await router.tenant()
  expect((await other.api(path, { method: 'POST', body: {} })).status).toBe(404)
})
