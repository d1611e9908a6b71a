import '@shopify/shopify-api/adapters/web-api'
import { ApiVersion, LogSeverity, Session, shopifyApi } from '@shopify/shopify-api'
import { setAbstractFetchFunc } from '@shopify/shopify-api/runtime'
import { buildSchema, coerceInputValue, parse, typeFromAST, validate } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { Json } from '../../src/model/json.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerParts, Receiver } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

const access_token = 'shpat_0123456789abcdef0123456789abcdef'
const shop = 'my-shop.myshopify.com'
const answered = (answer: object): AnswerParts => ({ body: JSON.stringify(answer) })
const updated = answered({
  data: { productUpdate: { product: { id: 'gid://shopify/Product/1' }, userErrors: [] } },
})

itIsADestination({
  type: 'shopify',
  config: (base_url) => ({ shop, access_token, product_id: '1', base_url }),
  secrets: [access_token],
  success: updated,
  message: { mapped: { media_url: 'https://i.example/p.jpg' } },
})

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
  receiver.answers(updated)
})
afterEach(() => receiver.close())

const receivedAt = Date.parse('2026-11-20T10:00:00Z')
const eventOf = (type: string, data: Json): Partial<Message> => ({
  event: { ...messageOf().event, type, received_at: receivedAt },
  body: Buffer.from(JSON.stringify(data)),
})

const send = (config: object = {}, message: Partial<Message> = {}, now = Date.now) =>
  bound('shopify', { shop, access_token, base_url: receiver.url, ...config }).send(
    messageOf(message),
    addresseeOf(),
    worldOf({ now }),
  )

interface Operation {
  query: string
  variables: Record<string, Json>
}

const operations = (): Operation[] =>
  receiver.received.map(({ body }) => JSON.parse(body.toString()) as Operation)

/** What the documents use of the Admin schema, as https://shopify.dev/docs/api/admin-graphql/2026-07 has it. */
const schema = buildSchema(`
  scalar DateTime
  scalar URL
  type QueryRoot { product(id: ID!): Product }
  type Mutation {
    productUpdate(product: ProductUpdateInput, media: [CreateMediaInput!]): ProductUpdatePayload
    metafieldsSet(metafields: [MetafieldsSetInput!]!): MetafieldsSetPayload
  }
  type Product {
    id: ID!
    media(first: Int, after: String, last: Int, before: String, reverse: Boolean = false, sortKey: ProductMediaSortKeys = POSITION): MediaConnection!
  }
  enum ProductMediaSortKeys { ID POSITION }
  type MediaConnection { nodes: [Media!]! }
  interface Media { alt: String id: ID! mediaContentType: MediaContentType! }
  interface File { alt: String createdAt: DateTime! id: ID! }
  enum MediaContentType { EXTERNAL_VIDEO IMAGE MODEL_3D VIDEO }
  type ExternalVideo implements File & Media { alt: String createdAt: DateTime! id: ID! mediaContentType: MediaContentType! originUrl: URL! }
  type MediaImage implements File & Media { alt: String createdAt: DateTime! id: ID! mediaContentType: MediaContentType! }
  input ProductUpdateInput { id: ID descriptionHtml: String title: String }
  input CreateMediaInput { alt: String mediaContentType: MediaContentType! originalSource: String! }
  input MetafieldsSetInput { compareDigest: String key: String! namespace: String ownerId: ID! type: String value: String! }
  type ProductUpdatePayload { product: Product userErrors: [UserError!]! }
  type MetafieldsSetPayload { metafields: [Metafield!] userErrors: [MetafieldsSetUserError!]! }
  type Metafield { id: ID! }
  type UserError { field: [String!] message: String! }
  type MetafieldsSetUserError { field: [String!] message: String! code: String elementIndex: Int }
  schema { query: QueryRoot mutation: Mutation }
`)

/** The document is valid, and each variable is what it declares. */
function expectValid({ query, variables }: Operation) {
  const document = parse(query)
  expect(validate(schema, document)).toEqual([])
  const [definition] = document.definitions
  if (definition?.kind !== 'OperationDefinition') throw new Error('no operation')
  const declared = definition.variableDefinitions ?? []
  expect(Object.keys(variables).sort()).toEqual(
    declared.map((one) => one.variable.name.value).sort(),
  )
  for (const { type, variable } of declared) {
    const input = typeFromAST(schema, type as Parameters<typeof typeFromAST>[1])
    const value = coerceInputValue(variables[variable.name.value], input as never)
    expect(value, variable.name.value).not.toBeUndefined()
  }
}

const youtube = 'https://www.youtube.com/watch?v=4L8VbGRibj8'
const video = (url: string, more: Record<string, Json> = {}): Json => ({
  product_id: 8_123_456_789_012,
  video: { id: 'vid_1', title: 'The helmet', url, ...more },
})
const gid = 'gid://shopify/Product/8123456789012'

describe('what Shopify gets', () => {
  it('is media of the product that the event names, for video.generated', async () => {
    expect((await send({}, eventOf('video.generated', video(youtube)))).outcome.kind).toBe(
      'delivered',
    )
    expect(receiver.received).toHaveLength(1)
    expect(receiver.received[0]).toMatchObject({
      method: 'POST',
      path: '/admin/api/2026-07/graphql.json',
      headers: { 'x-shopify-access-token': access_token, 'content-type': 'application/json' },
    })
    const [operation] = operations()
    if (operation === undefined) throw new Error('nothing came')
    expectValid(operation)
    expect(operation.variables).toEqual({
      product: { id: gid },
      media: [{ alt: 'The helmet', originalSource: youtube, mediaContentType: 'EXTERNAL_VIDEO' }],
    })
  })

  it.each([
    ['a video of Vimeo', video('https://vimeo.com/1'), 'https://vimeo.com/1', 'EXTERNAL_VIDEO'],
    [
      'an embed of YouTube beside a file',
      video('https://cdn.example/v.mp4', { embed_url: 'https://youtu.be/x' }),
      'https://youtu.be/x',
      'EXTERNAL_VIDEO',
    ],
    [
      'the picture of an own video file',
      video('https://cdn.example/v.mp4', { thumbnail_url: 'https://cdn.example/v.jpg' }),
      'https://cdn.example/v.jpg',
      'IMAGE',
    ],
  ])('is %s', async (_, data, originalSource, mediaContentType) => {
    await send({}, eventOf('video.completed', data))
    expect(operations()[0]?.variables['media']).toMatchObject([
      { originalSource, mediaContentType },
    ])
  })

  it('is nothing, and dead, for a video file without a picture', async () => {
    const report = await send({}, eventOf('video.generated', video('https://cdn.example/v.mp4')))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain('mapping.media_url')
    expect(receiver.received).toEqual([])
  })

  it.each<[string, Json, string]>([
    ['video.generated', video(youtube), 'video_generated'],
    ['user.registered', { product_id: 1, user: { name: 'Ann' } }, 'user_registered'],
    ['orders/create', { product_id: '1' }, 'orders_create'],
    ['x', { product: { id: 'gid://shopify/Product/1' } }, 'x_'],
  ])('is the data of %s as one metafield', async (type, data, key) => {
    await send({ action: 'metafields' }, eventOf(type, data))
    const [operation] = operations()
    if (operation === undefined) throw new Error('nothing came')
    expectValid(operation)
    const [field] = operation.variables['metafields'] as Record<string, string>[]
    expect(field).toMatchObject({ namespace: 'switchyard', key, type: 'json' })
    expect(JSON.parse(field?.['value'] ?? '')).toEqual(data)
  })

  it('is a description that no event can break', async () => {
    const data = {
      product_id: 1,
      video: { title: 'T', description: '<script>\n\n&', url: youtube },
    }
    await send({ action: 'description' }, eventOf('video.generated', data))
    const [operation] = operations()
    if (operation === undefined) throw new Error('nothing came')
    expectValid(operation)
    expect(operation.variables['product']).toEqual({
      id: 'gid://shopify/Product/1',
      descriptionHtml: `<p>&lt;script&gt;</p><p>&amp;</p><p><a href="${youtube}">Watch</a></p>`,
    })
  })

  it('is what the vendor’s own client sends for the same call', async () => {
    const seen: Request[] = []
    const capturing: typeof fetch = async (input, init) => {
      seen.push(new Request(input, init))
      return Response.json({ data: {} })
    }
    await bound('shopify', { shop, access_token }).send(
      messageOf(eventOf('video.generated', video(youtube))),
      addresseeOf(),
      worldOf({ fetch: capturing }),
    )
    const { query, variables } = JSON.parse((await seen[0]?.clone().text()) ?? '') as Operation
    setAbstractFetchFunc(capturing)
    const api = shopifyApi({
      apiKey: 'key',
      apiSecretKey: 'secret',
      hostName: 'app.example',
      apiVersion: ApiVersion.July26,
      isEmbeddedApp: false,
      logger: { level: LogSeverity.Error, log: () => undefined },
    })
    const session = new Session({
      id: '1',
      shop,
      state: '',
      isOnline: false,
      accessToken: access_token,
    })
    await new api.clients.Graphql({ session }).request(query, { variables })
    const [ours, theirs] = seen
    expect(theirs).toBeDefined()
    for (const part of ['url', 'method'] as const) expect(ours?.[part]).toBe(theirs?.[part])
    for (const name of ['x-shopify-access-token', 'content-type', 'accept']) {
      expect(ours?.headers.get(name)).toBe(theirs?.headers.get(name))
    }
    expect(await ours?.json()).toEqual(await theirs?.json())
  })
})

describe('a mapping', () => {
  const picture = { ...eventOf('video.generated', video(youtube)) }
  it.each<[string, Json, object]>([
    ['product_id', 7, { product: { id: 'gid://shopify/Product/7' } }],
    [
      'media_url',
      'https://i.example/p',
      { media: [{ mediaContentType: 'IMAGE', originalSource: 'https://i.example/p' }] },
    ],
    ['alt', 'Seen from above', { media: [{ alt: 'Seen from above' }] }],
  ])('replaces %s', async (field, value, variables) => {
    await send({}, { ...picture, mapped: { [field]: value } })
    expect(operations()[0]?.variables).toMatchObject(variables)
  })

  it.each<[Json, object[]]>([
    [
      {
        colour: 'red',
        size: 5,
        weight: 1.5,
        on: true,
        spec: { a: [1] },
        page: 'https://a.example/',
      },
      [
        { key: 'colour', type: 'single_line_text_field', value: 'red' },
        { key: 'size', type: 'number_integer', value: '5' },
        { key: 'weight', type: 'number_decimal', value: '1.5' },
        { key: 'on', type: 'boolean', value: 'true' },
        { key: 'spec', type: 'json', value: '{"a":[1]}' },
        { key: 'page', type: 'url', value: 'https://a.example/' },
      ],
    ],
    [
      [{ namespace: 'custom', key: 'video', type: 'url', value: 'https://a.example/' }],
      [{ namespace: 'custom', key: 'video', type: 'url', value: 'https://a.example/' }],
    ],
    [[{ key: 'quoted', type: 'json', value: 'text' }], [{ value: '"text"' }]],
  ])('replaces metafields by %j', async (value, metafields) => {
    await send({ action: 'metafields', product_id: '1' }, { mapped: { metafields: value } })
    expect(operations()[0]?.variables['metafields']).toMatchObject(metafields)
  })

  it.each<[string, Json, string]>([
    ['description', '<p>own</p>', '<p>own</p>'],
    [
      'text',
      'Said',
      '<p>Said</p><p><a href="https://www.youtube.com/watch?v=4L8VbGRibj8">Watch</a></p>',
    ],
    ['link', null, '<p>The helmet was generated</p>'],
    [
      'link_text',
      'Go',
      '<p>The helmet was generated</p><p><a href="https://www.youtube.com/watch?v=4L8VbGRibj8">Go</a></p>',
    ],
  ])('replaces %s in the description', async (field, value, descriptionHtml) => {
    await send({ action: 'description' }, { ...picture, mapped: { [field]: value } })
    expect(operations()[0]?.variables['product']).toEqual({ id: gid, descriptionHtml })
  })

  it('has its alt text cut', async () => {
    await send({}, { ...picture, mapped: { alt: 'a'.repeat(600) } })
    expect(operations()[0]?.variables['media']).toMatchObject([{ alt: `${'a'.repeat(511)}…` }])
  })

  const many = Array.from({ length: 26 }, (_, i) => ({ key: `key_${i}`, value: i }))
  it.each<[string, string, Json, string]>([
    ['product_media', 'product_id', 'x', 'mapping.product_id'],
    ['product_media', 'product_id', 'gid://shopify/Order/1', 'mapping.product_id'],
    ['product_media', 'product_id', null, 'mapping.product_id'],
    ['product_media', 'media_url', 'https://cdn.example/v.mp4', 'mapping.media_url'],
    ['product_media', 'media_url', 'file:///etc/passwd', 'mapping.media_url'],
    ['metafields', 'metafields', many, 'mapping.metafields'],
    ['metafields', 'metafields', [], 'mapping.metafields'],
    ['metafields', 'metafields', ['x'], 'mapping.metafields[0]'],
    ['metafields', 'metafields', { x: 1 }, 'mapping.metafields[0].key'],
    [
      'metafields',
      'metafields',
      [{ key: 'ok', value: 1, namespace: 'a b' }],
      'metafields[0].namespace',
    ],
    ['metafields', 'metafields', [{ key: 'ok', value: 1, type: '!' }], 'metafields[0].type'],
    ['metafields', 'metafields', { ok: 'é'.repeat(40_000) }, 'metafields[0].value'],
    ['metafields', 'metafields', { ok: ['x'.repeat(131_072)] }, 'metafields[0].value'],
  ])('%s with %s that cannot be is dead', async (action, field, value, path) => {
    const report = await send({ action }, { ...picture, mapped: { [field]: value } })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(path)
    expect(receiver.received).toEqual([])
  })
})

describe('media is added once', () => {
  const retry = { ...eventOf('video.generated', video(youtube)), attempt: 2 }
  const withMedia = (...nodes: object[]) => answered({ data: { product: { media: { nodes } } } })
  const like = {
    alt: 'The helmet',
    mediaContentType: 'EXTERNAL_VIDEO',
    createdAt: '2026-11-20T10:00:05Z',
  }

  it('looks first on a retry, and adds nothing where it is there', async () => {
    receiver.answers(withMedia({ alt: null, mediaContentType: 'IMAGE' }, like), updated)
    expect((await send({}, retry)).outcome).toEqual({ kind: 'delivered' })
    const [looked, ...rest] = operations()
    if (looked === undefined) throw new Error('nothing came')
    expectValid(looked)
    expect(looked.variables).toEqual({ id: gid })
    expect(rest).toEqual([])
  })

  it.each([
    ['older than the event', { ...like, createdAt: '2026-11-19T10:00:00Z' }],
    ['of another kind', { ...like, mediaContentType: 'IMAGE' }],
    ['of another text', { ...like, alt: 'Another' }],
    ['of no date', { ...like, createdAt: null }],
  ])('adds it where there is only media %s', async (_, node) => {
    receiver.answers(withMedia(node), updated)
    expect((await send({}, retry)).outcome).toEqual({ kind: 'delivered' })
    expect(operations()).toHaveLength(2)
    expect(operations()[1]?.query).toContain('productUpdate')
  })

  it.each<[AnswerParts, string]>([
    [{ status: 503 }, 'failed'],
    [{ body: '<html>' }, 'failed'],
    [answered({ data: {} }), 'failed'],
    [answered({ data: { shop: {} } }), 'failed'],
    [answered({ errors: [{ message: 'no', extensions: { code: 'ACCESS_DENIED' } }] }), 'refused'],
  ])('does not write blindly where the look answers %j', async (answer, kind) => {
    receiver.answers(answer, updated)
    expect((await send({}, retry)).outcome.kind).toBe(kind)
    expect(operations()).toHaveLength(1)
  })

  it.each(['metafields', 'description'])(
    'does not look before it sets %s again',
    async (action) => {
      await send({ action }, retry)
      expect(operations().map(({ query }) => query.startsWith('mutation'))).toEqual([true])
    },
  )
})

describe('what an answer means', () => {
  const failed = { kind: 'failed', cause: 'status' }
  const refused = { kind: 'refused', cause: 'status' }
  const error = (code: string, more: object = {}) =>
    JSON.stringify({ errors: [{ message: 'no', extensions: { code } }], ...more })
  const userErrors = (errors: object[]) =>
    JSON.stringify({ data: { metafieldsSet: { userErrors: errors } } })
  const cost = (requestedQueryCost: number, currentlyAvailable: number, restoreRate: number) => ({
    extensions: {
      cost: {
        requestedQueryCost,
        throttleStatus: { maximumAvailable: 2000, currentlyAvailable, restoreRate },
      },
    },
  })
  const limited = { kind: 'failed', cause: 'rate_limited' }
  it.each<[number, string, Record<string, string>, object]>([
    [200, updated.body as string, {}, { kind: 'delivered' }],
    [200, userErrors([{ field: ['product'], message: 'Product does not exist' }]), {}, refused],
    [200, userErrors([{ message: 'taken', code: 'INVALID_VALUE' }]), {}, refused],
    [200, userErrors([{ message: 'again', code: 'INTERNAL_ERROR' }]), {}, failed],
    [200, error('ACCESS_DENIED'), {}, refused],
    [200, error('undefinedField'), {}, refused],
    [200, error('MAX_COST_EXCEEDED'), {}, refused],
    [200, error('SHOP_INACTIVE'), {}, { kind: 'refused', cause: 'gone', disable: true }],
    [200, error('INTERNAL_SERVER_ERROR'), {}, failed],
    [200, error('THROTTLED', cost(752, 652, 50)), {}, { ...limited, retry_after_ms: 2000 }],
    [200, error('THROTTLED', cost(10, 400, 50)), {}, { ...limited, retry_after_ms: 0 }],
    [200, error('THROTTLED'), {}, limited],
    [200, error('THROTTLED', cost(752, 652, 0)), {}, limited],
    [200, '{"data":null}', {}, failed],
    [200, '{"data":{"productUpdate":null}}', {}, failed],
    [200, '<html>', {}, failed],
    [429, '{"errors":"Too many"}', { 'retry-after': '2.0' }, { ...limited, retry_after_ms: 2000 }],
    [401, '{"errors":"[API] Invalid API key"}', {}, { kind: 'refused', cause: 'credentials' }],
    [402, '{"errors":"Unavailable Shop"}', {}, refused],
    [403, '', {}, refused],
    [404, '{"errors":"Not Found"}', {}, refused],
    [423, '{"errors":"Locked"}', {}, failed],
    [430, '', {}, refused],
    [500, '', {}, failed],
    [503, '', { 'retry-after': '3' }, { ...failed, retry_after_ms: 3000 }],
  ])('%i with %s and %j: %j', async (status, body, headers, outcome) => {
    receiver.answers({ status, body, headers })
    const report = await send({}, eventOf('video.generated', video(youtube)))
    expect(report.outcome).toEqual(outcome)
  })
})

it.each([
  [{ shop: 'my-shop.example' }, 'shop'],
  [{ shop: 'a.b.myshopify.com' }, 'shop'],
  [{ access_token: 'a b' }, 'access_token'],
  [{ api_version: '2026-02' }, 'api_version'],
  [{ namespace: 'a' }, 'namespace'],
  [{ product_id: 'gid://shopify/Order/1' }, 'product_id'],
])('refuses a config of %j', (config, path) => {
  expect(() => bound('shopify', { shop, access_token, ...config })).toThrow(path)
})

it('is called at the shop itself', () => {
  expect(bound('shopify', { shop, access_token }).address).toBe('https://my-shop.myshopify.com')
})
