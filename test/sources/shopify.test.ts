import { createHmac } from 'node:crypto'
import '@shopify/shopify-api/adapters/web-api'
import { LogSeverity, shopifyApi } from '@shopify/shopify-api'
import { describe, expect, it } from 'vitest'
import { verify } from '../../src/sources/index.ts'
import type { SourceRequest } from '../../src/sources/index.ts'
import { toText } from '../../src/signing/bytes.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const secret = 'app-client-secret'
const order = '{"id":820982911946154508,"email":"jon@example.com"}'
const hmacOf = (body: string, key: string) =>
  createHmac('sha256', key).update(body).digest('base64')

const webhook = (body = order, key = secret) =>
  post(body, {
    'X-Shopify-Hmac-Sha256': hmacOf(body, key),
    'X-Shopify-Topic': 'orders/create',
    'X-Shopify-Shop-Domain': 'shop.myshopify.com',
    'X-Shopify-API-Version': '2026-07',
    'X-Shopify-Webhook-Id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    'X-Shopify-Event-Id': '98880550-7158-44d4-b7cd-2c97c8a091b5',
  })

const newEvent = (body = order, key = secret) =>
  post(body, {
    'shopify-hmac-sha256': hmacOf(body, key),
    'shopify-topic': 'Product',
    'shopify-action': 'update',
    'shopify-shop-domain': 'shop.myshopify.com',
    'shopify-api-version': 'unstable',
    'shopify-webhook-id': 'b54557e4',
    'shopify-event-id': '98880550',
  })

itIsASource({
  provider: 'shopify',
  sign: (key) => webhook(order, key),
  secrets: [secret, 'another'],
  proofHeader: 'x-shopify-hmac-sha256',
  malformed: ['AAAA', `${'A'.repeat(42)}B=`, `${'_'.repeat(43)}=`, 'a b c', '0'.repeat(64)],
  signsBody: true,
  toleranceS: null,
  expected: { type: 'orders/create', dedupeKey: 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043' },
})

const shopify = shopifyApi({
  apiKey: 'key',
  apiSecretKey: secret,
  apiVersion: '2026-07' as never,
  hostName: 'app.example',
  isEmbeddedApp: true,
  logger: { level: LogSeverity.Error },
})

/** What Shopify's own library thinks of a request. */
async function library({ method, url, headers, body }: SourceRequest): Promise<boolean> {
  const rawBody = toText(body)
  const rawRequest = new Request(url, { method, headers, body: rawBody })
  return (await shopify.webhooks.validate({ rawBody, rawRequest })).valid
}

const tampered = (request: SourceRequest): SourceRequest => ({
  ...request,
  body: request.body.slice(1),
})

describe("beside Shopify's library", () => {
  it.each([
    ['a webhook', webhook(), true],
    ['an event of the newer kind', newEvent(), true],
    ['a webhook of another app', webhook(order, 'no'), false],
    ['an event of another app', newEvent(order, 'no'), false],
    ['a changed webhook', tampered(webhook()), false],
    ['a changed event', tampered(newEvent()), false],
    ['an empty body', webhook(''), false],
  ])('agrees on %s', async (_case, request, genuine) => {
    expect(await library(request)).toBe(genuine)
    expect((await verify('shopify', request, { secret }, { nowMs })).ok).toBe(genuine)
  })
})

it('names an event of the newer kind with its action', async () => {
  const value = { type: 'Product.update', dedupeKey: 'b54557e4' }
  expect(await verify('shopify', newEvent(), { secret }, { nowMs })).toEqual({ ok: true, value })
})

it('refuses an empty body though it is signed', async () => {
  const error = { reason: 'malformed_body', detail: 'the body is empty' }
  expect(await verify('shopify', webhook(''), { secret }, { nowMs })).toEqual({ ok: false, error })
})

it('tells two topics of one change apart where only the event id is given', async () => {
  const keys = ['orders/create', 'orders/paid'].map(async (topic) => {
    const request = webhook()
    request.headers.delete('x-shopify-webhook-id')
    request.headers.set('x-shopify-topic', topic)
    const result = await verify('shopify', request, { secret }, { nowMs })
    return result.ok ? result.value.dedupeKey : null
  })
  const [created, paid] = await Promise.all(keys)
  expect(created).toMatch(/^98880550/)
  expect(paid).not.toBe(created)
})
