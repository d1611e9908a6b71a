/** What is written on a product. The documents hold against the Admin schema of 2026-07. */

import type { JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { anchor, escapeHtml, paragraphsOf } from '../html.ts'
import { cardOf, dataOf } from '../mapping/card.ts'
import { mappingInvalid, textField } from '../mapping/fields.ts'
import { firstTextAt } from '../mapping/look.ts'
import type { Media } from './media.ts'
import { metafieldsOf } from './metafields.ts'
import type { MetafieldSettings } from './metafields.ts'

export interface Operation {
  query: string
  variables: JsonObject
}

const productUpdate = (name: string, variable: string, argument: string): string =>
  `mutation ${name}($product: ProductUpdateInput!${variable}) {
  productUpdate(product: $product${argument}) {
    product { id }
    userErrors { field message }
  }
}`

const mediaMutation = productUpdate('AddMedia', ', $media: [CreateMediaInput!]', ', media: $media')
const descriptionMutation = productUpdate('Describe', '', '')

const metafieldsMutation = `mutation SetMetafields($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id }
    userErrors { field message code }
  }
}`

const mediaQuery = `query LatestMedia($id: ID!) {
  product(id: $id) {
    media(first: 50, sortKey: ID, reverse: true) {
      nodes { alt mediaContentType ... on File { createdAt } }
    }
  }
}`

const inData = [
  ['product_id'],
  ['product', 'id'],
  ['metadata', 'product_id'],
  ['video', 'product_id'],
  ['video', 'metadata', 'product_id'],
]

/** The product's global id: from the mapping, the event, or the config. */
export function productOf(
  message: Message,
  configured: string | undefined,
): Result<string, Stopped> {
  const byDefault = firstTextAt(dataOf(message), ...inData) ?? configured ?? null
  const id = textField(message, 'product_id', byDefault)
  if (!id.ok) return id
  if (id.value === null) {
    return err(mappingInvalid('product_id', 'neither the event nor the config names a product'))
  }
  const [, number] = /^(?:gid:\/\/shopify\/Product\/)?(\d{1,20})$/.exec(id.value) ?? []
  return number === undefined
    ? err(mappingInvalid('product_id', 'must be a number or gid://shopify/Product/…'))
    : ok(`gid://shopify/Product/${number}`)
}

export const addMedia = (id: string, media: Media): Operation => ({
  query: mediaMutation,
  variables: { product: { id }, media: [media] },
})

export const latestMedia = (id: string): Operation => ({ query: mediaQuery, variables: { id } })

/** The text that tells of the event as the product's description, or the mapping's HTML. */
export function describeProduct(message: Message, id: string): Result<Operation, Stopped> {
  const card = cardOf(message)
  if (!card.ok) return card
  const { title, text, link, linkText } = card.value
  const parts = [
    ...(text === null ? [escapeHtml(title)] : paragraphsOf(text)),
    ...(link === null ? [] : [anchor(link, linkText)]),
  ]
  const html = textField(message, 'description', parts.map((part) => `<p>${part}</p>`).join(''))
  if (!html.ok) return html
  const product = { id, descriptionHtml: html.value ?? '' }
  return ok({ query: descriptionMutation, variables: { product } })
}

export function setMetafields(
  message: Message,
  id: string,
  settings: MetafieldSettings,
): Result<Operation, Stopped> {
  const fields = metafieldsOf(message, settings)
  if (!fields.ok) return fields
  const metafields = fields.value.map(({ namespace, key, type, value }) => ({
    ownerId: id,
    namespace,
    key,
    type,
    value,
  }))
  return ok({ query: metafieldsMutation, variables: { metafields } })
}
