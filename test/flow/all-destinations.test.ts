import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationTypeName } from '../../src/destinations/index.ts'
import { eventually } from '../support/eventually.ts'
import type { AnswerParts, Received, Receiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { act, aReceiver, closeReceivers, deliveriesOf, listAll, never, post } from './story.ts'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

/** One request of a delivery: its method and path, and what of its body tells that it is this event's. */
type Call = readonly [line: string, ...tells: string[]]

interface Line {
  type: DestinationTypeName
  /** `at`: a base URL of its own at the receiver. */
  config: (at: string) => Record<string, unknown>
  secrets?: readonly string[]
  /** What the receiver answers when all is well; 200 where nothing is told. */
  answer?: AnswerParts | ((request: Received) => AnswerParts)
  /** What comes of each event, in this order. */
  video: readonly Call[]
  user: readonly Call[]
  /** It cannot deliver here: what its deliveries end with. */
  ends?: { cause: string; error: string }
}

const secret = (prefix = ''): string => `${prefix}nevershown${randomBytes(12).toString('hex')}`
const basic = (name: string, password: string): string =>
  Buffer.from(`${name}:${password}`).toString('base64')
const json = (body: unknown, status = 200): AnswerParts => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')

const email = 'ada@example.com'
const video = {
  id: 'v_1',
  title: 'Welcome, Ada',
  description: 'A personal welcome.',
  url: 'https://vimeo.com/76979871',
  thumbnail_url: 'https://cdn.example.com/v_1.jpg',
  duration_s: 42,
}
const user = {
  id: 'u_1',
  email,
  name: 'Ada Lovelace',
  company: 'Analytical Engines',
  avatar_url: 'https://cdn.example.com/ada.jpg',
}
const data = { user, product_id: '7', stripe_customer_id: 'cus_Q1' }
const events = {
  video: { type: 'video.generated', data: { ...data, video } },
  user: { type: 'user.registered', data },
}

const generated = 'Welcome, Ada was generated'
const registered = 'Ada Lovelace registered'

const s = {
  discord: secret(),
  resend: secret('re_'),
  figma: secret('figd_'),
  github: secret('github_pat_'),
  analytics: secret(),
  hubspot: secret('pat-eu1-'),
  instagram: secret('IGQV'),
  jira: secret(),
  linear: secret('lin_api_'),
  linkedin: secret('AQX'),
  linkedinApp: secret(),
  mailchimp: `${secret()}-us21`,
  meta: secret('EAA'),
  salesforce: secret(),
  salesforceToken: secret('00D'),
  shopify: secret('shpat_'),
  slack: secret(),
  stripe: secret('rk_test_'),
  teams: secret(),
  bearer: secret(),
  header: secret(),
  wordpress: secret(),
  zapier: secret(),
}

const from = 'Switchyard <events@example.com>'
const upsert = 'POST /crm/v3/objects/contacts/batch/upsert'
const member = `PUT /3.0/lists/a1b2c3/members/${hash('md5', email)}?skip_merge_validation=true`
const instagram = '/v24.0/17841405822304914'
const container = 'GET /v24.0/17889455560051444?fields=status_code,status'
const lead = 'PATCH /services/data/v64.0/sobjects/Lead/Switchyard_Id__c/u_1'
const shopify = 'POST /admin/api/2026-07/graphql.json'
const wordpress = 'POST /wp-json/wp/v2/posts?_fields=id,slug,status,link'

/** A line for every type of the registry, and beside it what a type does in another way. */
const lines: Record<DestinationTypeName | 'email by binding', Line> = {
  discord: {
    type: 'discord',
    config: (base_url) => ({
      webhook_url: `https://discord.com/api/webhooks/223704706495545344/${s.discord}`,
      base_url,
    }),
    secrets: [s.discord],
    answer: json({ id: '1' }),
    video: [
      [
        `POST /api/v10/webhooks/223704706495545344/${s.discord}?wait=true`,
        '"embeds":[{',
        generated,
      ],
    ],
    user: [[`POST /api/v10/webhooks/223704706495545344/${s.discord}?wait=true`, registered]],
  },
  email: {
    type: 'email',
    config: (base_url) => ({
      provider: 'resend',
      api_key: s.resend,
      from,
      to: 'team@example.com',
      base_url,
    }),
    secrets: [s.resend],
    answer: json({ id: 'm_1' }),
    video: [['POST /emails', `"subject":"${generated}"`, 'team@example.com']],
    user: [['POST /emails', `"subject":"${registered}"`]],
  },
  'email by binding': {
    type: 'email',
    config: () => ({ provider: 'cloudflare', from, to: 'team@example.com' }),
    video: [],
    user: [],
    ends: {
      cause: 'credentials',
      error:
        'The Worker has no mailer that is bound as "EMAIL": add it to wrangler.toml under [[send_email]] and deploy.',
    },
  },
  figma: {
    type: 'figma',
    config: (base_url) => ({ token: s.figma, file_key: 'aBcD1234', base_url }),
    secrets: [s.figma],
    answer: json({ id: '1' }),
    video: [['POST /v1/files/aBcD1234/comments', `{"message":"${generated}`, '(dlv_']],
    user: [['POST /v1/files/aBcD1234/comments', `{"message":"${registered}`]],
  },
  github: {
    type: 'github',
    config: (base_url) => ({ owner: 'octo-org', repo: 'videos', token: s.github, base_url }),
    secrets: [s.github],
    answer: { status: 204 },
    video: [['POST /repos/octo-org/videos/dispatches', '"event_type":"video.generated"', '"v_1"']],
    user: [['POST /repos/octo-org/videos/dispatches', '"event_type":"user.registered"']],
  },
  'google-analytics': {
    type: 'google-analytics',
    config: (base_url) => ({ measurement_id: 'G-ABCDE12345', api_secret: s.analytics, base_url }),
    secrets: [s.analytics],
    answer: { status: 204 },
    video: [
      [
        `POST /mp/collect?measurement_id=G-ABCDE12345&api_secret=${s.analytics}`,
        '"events":[{"name":"video_generated"',
      ],
    ],
    user: [
      [`POST /mp/collect?measurement_id=G-ABCDE12345&api_secret=${s.analytics}`, 'user_registered'],
    ],
  },
  hubspot: {
    type: 'hubspot',
    config: (base_url) => ({ auth: { type: 'private_app', token: s.hubspot }, base_url }),
    secrets: [s.hubspot],
    answer: json({ status: 'COMPLETE', results: [{ id: '1' }] }),
    video: [[upsert, `"idProperty":"email"`, email]],
    user: [[upsert, '"firstname":"Ada"', '"company":"Analytical Engines"']],
  },
  instagram: {
    type: 'instagram',
    config: (base_url) => ({
      access_token: s.instagram,
      ig_user_id: '17841405822304914',
      media: 'IMAGE',
      base_url,
    }),
    secrets: [s.instagram],
    answer: ({ method, path }) => {
      if (method === 'GET') return json({ status_code: 'FINISHED', id: '17889455560051444' })
      return json({ id: path.endsWith('_publish') ? '17920238422030506' : '17889455560051444' })
    },
    video: [
      [`POST ${instagram}/media`, video.thumbnail_url, generated],
      [container],
      [`POST ${instagram}/media_publish`, '17889455560051444'],
    ],
    user: [
      [`POST ${instagram}/media`, user.avatar_url, registered],
      [container],
      [`POST ${instagram}/media_publish`, '17889455560051444'],
    ],
  },
  jira: {
    type: 'jira',
    config: (base_url) => ({ base_url, email, api_token: s.jira, project: 'OPS' }),
    secrets: [s.jira, basic(email, s.jira)],
    answer: json({ id: '10000', key: 'OPS-24' }, 201),
    video: [['POST /rest/api/3/issue', `"summary":"${generated}"`, '"type":"doc"']],
    user: [['POST /rest/api/3/issue', `"summary":"${registered}"`, '"key":"OPS"']],
  },
  linear: {
    type: 'linear',
    config: (base_url) => ({
      api_key: s.linear,
      team_id: '9cfb482a-81e3-4154-b5b9-2c805e70a02d',
      base_url,
    }),
    secrets: [s.linear],
    answer: json({ data: { issueCreate: { success: true, issue: { id: '1' } } } }),
    video: [['POST /graphql', 'issueCreate(input: $input)', `"title":"${generated}"`]],
    user: [['POST /graphql', `"title":"${registered}"`]],
  },
  linkedin: {
    type: 'linkedin',
    config: (base_url) => ({
      access_token: s.linkedin,
      oauth: { client_id: 'our-app', client_secret: s.linkedinApp },
      author: 'urn:li:person:KPA1hpZ1yM',
      base_url,
    }),
    secrets: [s.linkedin, s.linkedinApp],
    answer: { status: 201, headers: { 'x-restli-id': 'urn:li:share:1' } },
    video: [['POST /rest/posts', `"commentary":"${generated}`, `"source":"${video.url}"`]],
    user: [['POST /rest/posts', `"commentary":"${registered}`]],
  },
  mailchimp: {
    type: 'mailchimp',
    config: (base_url) => ({ api_key: s.mailchimp, list_id: 'a1b2c3', base_url }),
    secrets: [s.mailchimp, basic('user', s.mailchimp)],
    answer: json({ id: '1' }),
    video: [[member, `"email_address":"${email}"`]],
    user: [[member, '"FNAME":"Ada"', '"status_if_new":"pending"']],
  },
  'meta-conversions': {
    type: 'meta-conversions',
    config: (base_url) => ({ pixel_id: '123', access_token: s.meta, base_url }),
    secrets: [s.meta],
    answer: json({ events_received: 1 }),
    video: [['POST /v24.0/123/events', '"event_name":"VideoGenerated"', hash('sha256', email)]],
    user: [['POST /v24.0/123/events', '"event_name":"CompleteRegistration"']],
  },
  queue: {
    type: 'queue',
    config: () => ({ binding: 'EVENTS' }),
    video: [],
    user: [],
    ends: {
      cause: 'credentials',
      error:
        'The Worker has no queue that is bound as "EVENTS": add it to wrangler.toml and deploy.',
    },
  },
  salesforce: {
    type: 'salesforce',
    config: (login_url) => ({
      auth: {
        type: 'client_credentials',
        client_id: 'consumer-key',
        client_secret: s.salesforce,
      },
      login_url,
      base_url: login_url,
      external_id_field: 'Switchyard_Id__c',
    }),
    secrets: [s.salesforce, s.salesforceToken],
    answer: ({ path }) =>
      path.endsWith('/token')
        ? json({ access_token: s.salesforceToken, token_type: 'Bearer' })
        : json({ id: '00Q1', success: true, created: true }, 201),
    // The token of the first delivery serves the second.
    video: [
      ['POST /services/oauth2/token', 'grant_type=client_credentials'],
      [lead, '"LastName":"Lovelace"'],
    ],
    user: [[lead, '"Company":"Analytical Engines"']],
  },
  shopify: {
    type: 'shopify',
    config: (base_url) => ({
      shop: 'my-shop.myshopify.com',
      access_token: s.shopify,
      product_id: '1',
      base_url,
    }),
    secrets: [s.shopify],
    answer: json({ data: { productUpdate: { product: { id: '7' }, userErrors: [] } } }),
    video: [[shopify, '"mediaContentType":"EXTERNAL_VIDEO"', 'gid://shopify/Product/7']],
    user: [[shopify, '"mediaContentType":"IMAGE"', user.avatar_url]],
  },
  sink: { type: 'sink', config: () => ({}), video: [], user: [] },
  slack: {
    type: 'slack',
    config: (base_url) => ({
      webhook_url: `https://hooks.slack.com/services/T00000000/B00000000/${s.slack}`,
      base_url,
    }),
    secrets: [s.slack],
    answer: { body: 'ok' },
    video: [[`POST /services/T00000000/B00000000/${s.slack}`, '"blocks":[{', generated]],
    user: [[`POST /services/T00000000/B00000000/${s.slack}`, registered]],
  },
  stripe: {
    type: 'stripe',
    config: (base_url) => ({ api_key: s.stripe, action: 'meter_event', base_url }),
    secrets: [s.stripe],
    answer: json({ object: 'billing.meter_event' }),
    video: [['POST /v1/billing/meter_events', 'event_name=video_generated', 'cus_Q1']],
    user: [['POST /v1/billing/meter_events', 'event_name=user_registered', 'cus_Q1']],
  },
  teams: {
    type: 'teams',
    config: (base_url) => ({
      url: `https://example.environment.api.powerplatform.com/workflows/1?sig=${s.teams}`,
      base_url,
    }),
    secrets: [s.teams],
    answer: { status: 202 },
    video: [[`POST /workflows/1?sig=${s.teams}`, '"type":"AdaptiveCard"', generated]],
    user: [[`POST /workflows/1?sig=${s.teams}`, registered]],
  },
  webhook: {
    type: 'webhook',
    config: (at) => ({
      url: `${at}/hook`,
      headers: { 'x-own': s.header },
      auth: { type: 'bearer', token: s.bearer },
    }),
    secrets: [s.header, s.bearer],
    video: [['POST /hook', JSON.stringify(events.video.data)]],
    user: [['POST /hook', JSON.stringify(events.user.data)]],
  },
  wordpress: {
    type: 'wordpress',
    config: (base_url) => ({
      base_url,
      username: 'switchyard',
      application_password: s.wordpress,
    }),
    secrets: [s.wordpress, basic('switchyard', s.wordpress)],
    answer: json({ id: 17, slug: 'a', status: 'publish' }, 201),
    video: [[wordpress, `"title":"${generated}"`, '<!-- wp:embed ', video.url]],
    user: [[wordpress, `"title":"${registered}"`]],
  },
  zapier: {
    type: 'zapier',
    config: (base_url) => ({
      url: `https://hooks.zapier.com/hooks/catch/1234567/${s.zapier}/`,
      base_url,
    }),
    secrets: [s.zapier],
    answer: json({ status: 'success' }),
    video: [[`POST /hooks/catch/1234567/${s.zapier}/`, '"type":"video.generated"', '"v_1"']],
    user: [[`POST /hooks/catch/1234567/${s.zapier}/`, '"type":"user.registered"']],
  },
}

const names = Object.keys(lines) as (keyof typeof lines)[] // It has no other keys.

/** All that must not be found again. Signing secrets come to it as they are made. */
const secrets = names.flatMap((name) => lines[name].secrets ?? [])

let router: Router
let tenant: RouterTenant
let receiver: Receiver
/** What the receiver does instead of what the table says. */
let instead: (name: string, request: Received) => AnswerParts | null = () => null
const destinations = new Map<string, Loose>()

/** Each destination's base URL is a path of its own: what is below it is what its vendor would see. */
const placeOf = (name: string): string => `/${name.replaceAll(' ', '-')}`

const nameAt = (path: string) =>
  names.find((name) => path.startsWith(`${placeOf(name)}/`)) ?? 'email by binding'

const below = (name: string, { path }: Received) => path.slice(placeOf(name).length)

beforeAll(async () => {
  router = await startRouter({ env: { LOG: 'all' } })
  tenant = await router.tenant()
  receiver = await aReceiver((request) => {
    const name = nameAt(request.path)
    const seen = { ...request, path: below(name, request) }
    const { answer } = lines[name]
    return instead(name, seen) ?? (typeof answer === 'function' ? answer(seen) : (answer ?? {}))
  })
  for (const name of names) {
    const { type, config } = lines[name]
    const made = await tenant.make('/api/v1/destinations', {
      name,
      type,
      config: config(receiver.url + placeOf(name)),
      // Those of the receivers are for a real day's events.
      rate_limit: null,
      retry: never,
    })
    destinations.set(name, made)
    if (made.signing_secret !== undefined) secrets.push(made.signing_secret)
    await tenant.make('/api/v1/connections', {
      destination_id: made.id,
      event_types: ['video.*', 'user.*'],
    })
  }
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

/** The event's deliveries by the name of their destination, as soon as all have ended. */
async function endedOf(eventId: string): Promise<Map<string, Loose>> {
  const all = await eventually(async () => {
    const found = await deliveriesOf(tenant, eventId)
    const hasEnded = found.every(({ state }) => state === 'delivered' || state === 'dead')
    return found.length === names.length && hasEnded && found
  }, 45_000)
  const read = all.map(async ({ id, destination_id }) => {
    const [name] = [...destinations].find(([, made]) => made.id === destination_id) ?? ['']
    return [name, (await tenant.api(`/api/v1/deliveries/${id}`)).json] as const
  })
  return new Map(await Promise.all(read))
}

const textOf = ({ headers, body }: Received): string =>
  headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
    ? decodeURIComponent(body.toString().replaceAll('+', ' '))
    : body.toString()

it('has a line for every type of the registry', async () => {
  const { json: described } = await tenant.api('/api/v1/destination-types')
  const types: string[] = described.data.map(({ type }: Loose) => type)
  expect(types.filter((type) => !Object.hasOwn(lines, type))).toEqual([])
  expect(types.length).toBeGreaterThan(20)
})

describe.each(['video', 'user'] as const)('the event %s', (kind) => {
  let came: Received[]
  let ended: Map<string, Loose>

  beforeAll(async () => {
    const before = receiver.received.length
    ended = await endedOf(await post(tenant, events[kind]))
    came = receiver.received.slice(before)
  }, 60_000)

  it.each(names)('arrives once at %s, in its form', (name) => {
    const { ends } = lines[name]
    const calls = lines[name][kind]
    const mine = came.filter(({ path }) => nameAt(path) === name)
    const delivery = ended.get(name)
    expect(mine.map((request) => `${request.method} ${below(name, request)}`)).toEqual(
      calls.map(([line]) => line),
    )
    for (const [i, [, ...tells]] of calls.entries()) {
      const request = mine[i]
      for (const tell of tells) expect(request && textOf(request)).toContain(tell)
    }
    expect(delivery.attempts).toHaveLength(1)
    if (ends === undefined) {
      expect([delivery.state, delivery.attempts[0].error]).toEqual(['delivered', undefined])
    } else {
      const { cause, error } = ends
      expect(delivery).toMatchObject({ state: 'dead', cause, attempts: [{ error }] })
    }
  })

  it('is asked of nobody else', () => {
    const places = names.map(placeOf)
    const strange = came.filter(({ path }) => !places.some((at) => path.startsWith(`${at}/`)))
    expect(strange).toEqual([])
  })
})

describe('a receiver that fails', () => {
  it('does not touch the others', async () => {
    instead = (name) => (name === 'slack' ? { status: 500 } : null)
    const before = receiver.received.length
    const ended = await endedOf(await post(tenant, events.user))
    const came = receiver.received.slice(before)
    instead = () => null
    expect(ended.get('slack')).toMatchObject({
      state: 'dead',
      cause: 'exhausted',
      attempts: [{ status: 500 }],
    })
    for (const name of names) {
      const { ends, user: calls } = lines[name]
      if (name === 'slack' || ends !== undefined) continue
      expect([name, ended.get(name).state]).toEqual([name, 'delivered'])
      expect(came.filter(({ path }) => nameAt(path) === name)).toHaveLength(calls.length)
    }
  })

  it('and sends back all that it got is shown without credentials', async () => {
    instead = (_, { path, headers, body }) =>
      path.endsWith('/token')
        ? null
        : { status: 500, body: JSON.stringify({ path, headers, body: body.toString() }) }
    const ended = await endedOf(await post(tenant, events.user))
    instead = () => null
    for (const name of names) {
      const delivery = ended.get(name)
      expect([name, delivery.state]).toEqual([name, name === 'sink' ? 'delivered' : 'dead'])
      expect([name, foundIn(JSON.stringify(delivery))]).toEqual([name, []])
    }
  })
})

const spellingsOf = (text: string): Buffer[] => {
  const plain = Buffer.from(text)
  // Wherever in a longer text it begins, less the letters that its neighbours are part of.
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), plain])
      .toString('base64')
      .slice(4, -4),
  )
  const encoded = [plain.toString('hex'), ...inBase64].map((one) => Buffer.from(one))
  return [plain, Buffer.from(text, 'utf16le'), ...encoded]
}

const foundIn = (text: string | Buffer): string[] => {
  const bytes = Buffer.from(text)
  return secrets.filter((one) => spellingsOf(one).some((spelling) => bytes.includes(spelling)))
}

function* filesUnder(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesUnder(path)
    else if (entry.isFile()) yield path
  }
}

describe('no credential of any config is found', () => {
  it('but where it belongs: with its receiver', () => {
    const got = receiver.received.map((one) => one.path + JSON.stringify(one.headers) + textOf(one))
    const [signing] = [...destinations.values()].flatMap((made) => made.signing_secret ?? [])
    const kept = new Set([signing, s.linkedinApp])
    expect(foundIn(got.join()).toSorted()).toEqual(
      secrets.filter((one) => !kept.has(one)).toSorted(),
    )
  })

  it('in the deliveries and their attempts', async () => {
    const deliveries = await listAll(tenant, '/api/v1/deliveries')
    expect(deliveries).toHaveLength(4 * names.length)
    for (const { id, destination_id } of deliveries) {
      const { json: delivery } = await tenant.api(`/api/v1/deliveries/${id}`)
      expect([destination_id, foundIn(JSON.stringify(delivery))]).toEqual([destination_id, []])
    }
  })

  it('in the destinations', async () => {
    const listed = await listAll(tenant, '/api/v1/destinations')
    expect(listed).toHaveLength(names.length)
    expect(foundIn(JSON.stringify(listed))).toEqual([])
  })

  it.each(names)('in the preview for %s', async (name) => {
    const { type, config, user: calls } = lines[name]
    const [status, preview] = await act(tenant, '/api/v1/destinations/preview', {
      type,
      config: config(receiver.url + placeOf(name)),
      event: events.user,
    })
    expect(status).toBe(200)
    expect(foundIn(JSON.stringify(preview))).toEqual([])
    if (calls.length > 0) expect([preview.error, preview.requests.length]).toEqual([null, 1])
  })

  it('in the test of a destination', async () => {
    for (const [name, { id }] of destinations) {
      const [status, report] = await act(tenant, `/api/v1/destinations/${id}/test`)
      expect([name, status, foundIn(JSON.stringify(report))]).toEqual([name, 200, []])
      // The sample's user is no customer of Stripe's.
      const arrives = name !== 'stripe' && !['email by binding', 'queue'].includes(name)
      expect([name, report.outcome]).toEqual([name, arrives ? 'delivered' : 'refused'])
    }
  })

  it('in anything that the router says', () => {
    expect(router.log()).toContain('video.generated')
    expect(foundIn(router.log())).toEqual([])
  })

  it('in the state files, while it runs and after it has ended', async () => {
    const leaks = () =>
      [...filesUnder(router.stateDir)].flatMap((path) =>
        foundIn(readFileSync(path)).map((one) => `${one} in ${basename(path)}`),
      )
    expect(leaks()).toEqual([])
    expect(await router.stop()).toBe(0)
    expect(leaks()).toEqual([])
  })
})
