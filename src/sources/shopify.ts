import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, withAction } from './payload.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'

// Webhooks carry `X-Shopify-…`; the newer Events carry the same names without the `X-`.
const families = ['shopify-', 'x-shopify-'] as const

const signatureHeader = (family: string): string => `${family}hmac-sha256`

/** One event id covers all topics that one change sets off, so that alone it would swallow the others. */
function dedupeKeyOf({ headers }: SourceRequest, family: string): string | null {
  const webhookId = headers.get(`${family}webhook-id`)
  const eventId = headers.get(`${family}event-id`)
  const topic = headers.get(`${family}topic`)
  if (webhookId !== null && webhookId !== '') return keyFrom(webhookId)
  return eventId === null || eventId === '' ? null : keyFrom(`${eventId}:${topic ?? ''}`)
}

/**
 * Type: the topic (`orders/create`), with an Event's action after a dot. Dedupe: the webhook id, which Shopify names as
 * the idempotency key; else event id and topic.
 */
export const shopify = defineSource({
  title: 'Shopify',
  documentation: 'https://shopify.dev/docs/apps/build/webhooks/subscribe/https',
  config: z.strictObject({ secret: Secret }),
  secrets: secretPaths('secret'),
  proofHeaders: families.map(signatureHeader),
  methods: ['POST'],
  typeIs: 'the header X-Shopify-Topic, with Shopify-Action after a dot',
  dedupeKeyIs: 'the header X-Shopify-Webhook-Id, else event id and topic',
  eventTypes: ['orders/create', 'orders/paid', 'products/update', 'app/uninstalled'],
  steps: [
    "Copy the app's client secret (or, for a webhook made in the admin, the secret shown there) into this source.",
    "Subscribe to the topics, in shopify.app.toml or under Settings, Notifications, with this source's URL.",
  ],

  async verify(request, { secret }, world) {
    const family =
      families.find((name) => request.headers.has(signatureHeader(name))) ?? 'x-shopify-'
    const signing = {
      header: signatureHeader(family),
      encoding: 'base64',
      signed: ['body'],
    } as const
    const problem = await hmacProblem(request, signing, 'sha256', secret.map(utf8), world)
    if (problem !== null) return err(problem)
    // Shopify never sends nothing, and its own library refuses it.
    if (request.body.length === 0)
      return err({ reason: 'malformed_body', detail: 'the body is empty' })
    return ok({
      type: withAction(
        request.headers.get(`${family}topic`),
        request.headers.get(`${family}action`) ?? undefined,
      ),
      dedupeKey: dedupeKeyOf(request, family),
    })
  },
})
