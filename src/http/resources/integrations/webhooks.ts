import * as z from 'zod'
import { describeCatalogue } from '../../../model/catalogue.ts'
import { integrationsOf, type Integration } from '../../../pipeline/integrations.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../../lists.ts'
import { notFound } from '../../problem.ts'
import { type Acting, type Call, json, noContent, type Route, route } from '../../route.ts'
import { destinationActionRoutes } from '../destination-actions.ts'
import { deliveryRoutes } from '../deliveries.ts'
import { actingIn, delegate, paramOf } from './delegate.ts'
import { changeIntegration, makeIntegration } from './face.ts'
import { pageIn } from './listing.ts'
import { NewWebhook, shownWebhook, WebhookChange, WebhookShape } from './webhook-shape.ts'

const tag = 'Integrations: webhooks'
const kind = 'webhooks'

async function all(services: Services, { tenant }: Acting): Promise<Integration[]> {
  const found = await integrationsOf(services, tenant.id)
  return found?.integrations.filter((one) => one.kind === kind) ?? []
}

const one = async (services: Services, as: Acting, id: string): Promise<Integration | null> =>
  (await all(services, as)).find(({ destination }) => destination.id === id) ?? null

const missing = () => notFound('webhook')

/** What is asked of a destination's own routes is asked of a webhook of this face only. */
async function ofWebhook(call: Call): Promise<Call | Response> {
  const as = actingIn(call)
  const found = as === null ? null : await one(call.services, as, paramOf(call, 'id'))
  return found === null ? missing() : call
}

async function itsDeliveries(call: Call): Promise<Call | Response> {
  const prepared = await ofWebhook(call)
  if (prepared instanceof Response) return prepared
  // The query has been checked by the very schema of the deliveries.
  return { ...call, query: { ...(call.query as object), destination_id: paramOf(call, 'id') } }
}

export const webhookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/integrations/webhooks',
    access: 'operator',
    tag,
    summary: 'Subscribe a URL to events',
    description:
      'Makes a destination of type webhook and a connection to it, both of which are seen and changed under /api/v1 too. `secret` is shown this once.',
    body: NewWebhook,
    examples: [
      {
        summary: 'All that is told of videos',
        value: { url: 'https://example.com/webhooks', events: ['video.*'] },
      },
    ],
    answers: { 201: { description: 'The webhook.', schema: WebhookShape } },
    problems: ['limit_reached'],
    async handle({ services, as, body }) {
      const { url, events, filter, secret } = body
      const signing = secret?.startsWith('whsk_') === true ? 'ed25519' : 'hmac'
      const name = body.name ?? `Webhook to ${URL.parse(url)?.host ?? url}`.slice(0, 200)
      const config = { url, signing }
      const draft = { kind, type: 'webhook', name, config, events, filter, secret }
      const made = await makeIntegration(services, as, draft)
      return made.ok ? json(shownWebhook(made.value, made.value.secret), 201) : made.error
    },
  }),
  route({
    method: 'GET',
    path: '/api/integrations/webhooks',
    access: 'viewer',
    tag,
    summary: 'List the webhooks',
    query: ListQuery,
    answers: { 200: { description: 'A page of webhooks.', schema: pageShape(WebhookShape) } },
    async handle({ services, as, query }) {
      const request = listRequest('destination', query)
      if (!request.ok) return request.error
      const page = pageIn(await all(services, as), request.value)
      return pageOf(page, query.order, (webhook) => shownWebhook(webhook))
    },
  }),
  route({
    method: 'GET',
    path: '/api/integrations/webhooks/events',
    access: 'viewer',
    tag,
    summary: 'List the events of the catalogue',
    description: 'Each with a sample and the JSON Schema of its data. Other types may be sent too.',
    answers: {
      200: {
        description: 'The events.',
        schema: z.object({
          data: z.array(
            z.object({
              type: z.string(),
              title: z.string(),
              description: z.string(),
              sample: z.unknown(),
              data_schema: z.record(z.string(), z.unknown()),
            }),
          ),
        }),
      },
    },
    handle: () => json({ data: describeCatalogue() }),
  }),
  route({
    method: 'GET',
    path: '/api/integrations/webhooks/{id}',
    access: 'viewer',
    tag,
    summary: 'Read a webhook',
    answers: { 200: { description: 'The webhook.', schema: WebhookShape } },
    async handle({ services, as, params }) {
      const webhook = await one(services, as, params.id)
      return webhook === null ? missing() : json(shownWebhook(webhook))
    },
  }),
  route({
    method: 'PATCH',
    path: '/api/integrations/webhooks/{id}',
    access: 'operator',
    tag,
    summary: 'Change a webhook',
    description: 'What is not given stays. `enabled: true` takes one up again that was disabled.',
    body: WebhookChange,
    answers: { 200: { description: 'The webhook as it is now.', schema: WebhookShape } },
    async handle({ services, as, params, body }) {
      const webhook = await one(services, as, params.id)
      if (webhook === null) return missing()
      const { url, ...change } = body
      const ids = { destination: webhook.destination.id, connection: webhook.connection.id }
      const config = url === undefined ? {} : { config: { url } }
      const changed = await changeIntegration(services, as, ids, { ...change, ...config })
      return changed.ok ? json(shownWebhook(changed.value)) : changed.error
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/integrations/webhooks/{id}',
    access: 'operator',
    tag,
    summary: 'Delete a webhook',
    answers: { 204: { description: 'Deleted.' } },
    async handle({ services, as, params }) {
      if ((await one(services, as, params.id)) === null) return missing()
      return (await as.config.destinations.remove(params.id)) ? noContent() : missing()
    },
  }),
  delegate(destinationActionRoutes, 'POST', '/api/v1/destinations/{id}/test', {
    path: '/api/integrations/webhooks/{id}/test',
    tag,
    prepare: ofWebhook,
  }),
  delegate(destinationActionRoutes, 'POST', '/api/v1/destinations/{id}/rotate-secret', {
    path: '/api/integrations/webhooks/{id}/rotate-secret',
    tag,
    prepare: ofWebhook,
  }),
  delegate(deliveryRoutes, 'GET', '/api/v1/deliveries', {
    path: '/api/integrations/webhooks/{id}/deliveries',
    tag,
    summary: 'List a webhook’s deliveries',
    prepare: itsDeliveries,
  }),
]
