import * as z from 'zod'
import { isJsonObject } from '../model/json.ts'
import type { JsonObject } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import type { Outcome } from '../model/outcome.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, ReceivedResponse, Stopped, Talk } from './destination.ts'
import { graphqlAnswer, graphqlRequest } from './graphql.ts'
import { at } from './mapping/look.ts'
import { outcomeOf } from './shopify/answers.ts'
import {
  addMedia,
  describeProduct,
  latestMedia,
  productOf,
  setMetafields,
} from './shopify/calls.ts'
import type { Operation } from './shopify/calls.ts'
import { hasMedia, mediaOf } from './shopify/media.ts'
import { keyForm, namespaceForm } from './shopify/metafields.ts'

const Config = z.strictObject({
  shop: z
    .string()
    .max(200)
    .regex(/^[a-z0-9][a-z0-9-]*\.myshopify\.com$/, 'my-shop.myshopify.com'),
  access_token: z
    .string()
    .max(500)
    .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces'),
  action: z.enum(['product_media', 'metafields', 'description']).default('product_media'),
  product_id: z
    .string()
    .regex(/^(?:gid:\/\/shopify\/Product\/)?\d{1,20}$/, 'a number or gid://shopify/Product/…')
    .optional(),
  namespace: z.string().regex(namespaceForm).default('switchyard'),
  key: z.string().regex(keyForm).optional(),
  api_version: z
    .string()
    .regex(/^20\d{2}-(?:01|04|07|10)$/, 'YYYY-MM of a quarter')
    .default('2026-07'),
  base_url: BaseUrl,
  mapping: mappingOf([
    'product_id',
    'media_url',
    'alt',
    'metafields',
    'description',
    'title',
    'text',
    'link',
    'link_text',
    'image',
  ]),
})
type Config = z.output<typeof Config>

const apiOf = ({ shop, base_url }: Config): string => base_url ?? `https://${shop}`

/** Fifty media with their texts. */
const readBytes = 131_072

async function called(
  operation: Operation,
  config: Config,
  talk: Talk,
): Promise<Result<ReceivedResponse, Stopped>> {
  const url = `${apiOf(config)}/admin/api/${config.api_version}/graphql.json`
  const credentials = { 'x-shopify-access-token': config.access_token }
  return talk.call(async () =>
    ok({
      ...graphqlRequest(url, credentials, ['x-shopify-access-token'], operation),
      readBytes,
    }),
  )
}

interface Answer {
  outcome: Outcome
  error?: string
}

/** `null`: there is no such product, which the mutation will say; `undefined`: that is no answer to the look. */
function productIn({ status, body }: ReceivedResponse): JsonObject | null | undefined {
  const answer = graphqlAnswer(body)
  if (status !== 200 || answer === null || answer.errors.length > 0) return undefined
  const product = at(answer.data, ['product'])
  return isJsonObject(product) || product === null ? product : undefined
}

/** The call for one message; `null`: an attempt before this one has done it. */
async function operationOf(
  message: Message,
  config: Config,
  talk: Talk,
): Promise<Result<Operation | null, Answer>> {
  const product = productOf(message, config.product_id)
  if (!product.ok) return product
  if (config.action === 'description') return describeProduct(message, product.value)
  if (config.action === 'metafields') return setMetafields(message, product.value, config)
  const media = mediaOf(message)
  if (!media.ok) return media
  if (message.attempt > 1) {
    const looked = await called(latestMedia(product.value), config, talk)
    if (!looked.ok) return looked
    const found = productIn(looked.value)
    if (found === undefined) {
      const outcome = outcomeOf(looked.value, talk.now())
      const unclear = { kind: 'failed', cause: 'status' } as const
      return err({ outcome: outcome.kind === 'delivered' ? unclear : outcome })
    }
    if (found !== null && hasMedia(found, media.value, message.event.received_at)) {
      return ok(null)
    }
  }
  return ok(addMedia(product.value, media.value))
}

/** https://shopify.dev/docs/api/admin-graphql */
export const shopify = defineDestination({
  title: 'Shopify',
  description:
    'Adds a picture, or a video of YouTube or Vimeo, to a product; or sets its metafields or its description. Own video files are not uploaded: of such a video the picture is added. ' +
    'Metafields and description are set, so once and twice are the same. Media is appended: a retry looks first for media of the same text and kind added since the event came, ' +
    'and only where an attempt that was cut off is still at work may there be two.',
  config: Config,
  secrets: ['access_token'],
  signing: () => null,
  // The standard plan restores 100 points a second, and a mutation costs 10; the rest is for other calls of the same app.
  rateLimit: { limit: 5, per: 'second' },
  addresses: (config) => [{ path: 'base_url', url: apiOf(config) }],
  mapping: [
    { name: 'product_id', is: "the product's number, or gid://shopify/Product/…" },
    { name: 'media_url', is: 'a picture, or a video of YouTube or Vimeo: an http(s) URL' },
    { name: 'alt', is: 'what the media shows: a text, cut at 512 characters' },
    {
      name: 'metafields',
      is: 'an object of keys and values, or a list of up to 25 {key, value, type, namespace}',
    },
    { name: 'description', is: 'the whole description instead: HTML' },
    { name: 'title', is: 'the headline: a text' },
    { name: 'text', is: 'the text of the description, or null for none' },
    { name: 'link', is: 'where to read on: an http(s) URL, or null for none' },
    { name: 'link_text', is: 'what the link says: a text' },
    { name: 'image', is: 'the picture, where there is no video: an http(s) URL' },
  ],
  steps: [
    'In the Shopify admin, open Settings → Apps and sales channels → Develop apps, and make an app "Switchyard".',
    'Give it the Admin API scopes read_products and write_products, and install it.',
    'Copy the Admin API access token, which is shown once, and enter it here with the name of the shop, my-shop.myshopify.com.',
    "Let events name their product as product_id, or enter one product's number here.",
  ],
  async converse(message, { config }, talk) {
    const operation = await operationOf(message, config, talk)
    if (!operation.ok) return operation.error
    if (operation.value === null) return { outcome: { kind: 'delivered' } }
    const answer = await called(operation.value, config, talk)
    if (!answer.ok) return answer.error
    return { outcome: outcomeOf(answer.value, talk.now()) }
  },
})
