import * as z from 'zod'
import { EventPattern } from '../../../model/connection.ts'
import { integrationsOf } from '../../../pipeline/integrations.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import { ListQuery, listRequest, pageOf, pageShape } from '../../lists.ts'
import { notFound } from '../../problem.ts'
import { type Acting, json, type Route, route } from '../../route.ts'
import { timeOf } from '../../times.ts'
import { makeIntegration, nameIn } from './face.ts'
import { pageIn } from './listing.ts'

const tag = 'Integrations: Zapier'
const kind = 'zapier'

const Hook = z
  .strictObject({
    hookUrl: z.string().max(2048).optional(),
    target_url: z.string().max(2048).optional(),
    event: EventPattern,
    filter: z.record(z.string(), z.unknown()).nullable().optional(),
  })
  .superRefine(({ hookUrl, target_url }, context) => {
    if ((hookUrl === undefined) === (target_url === undefined)) {
      context.addIssue({ code: 'custom', path: ['hookUrl'], message: 'give hookUrl or target_url' })
    }
  })

const HookShape = z
  .object({
    id: z.string().meta({ description: 'Of the destination, which it is: to unsubscribe with.' }),
    connection_id: z.string(),
    event: z.string(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ZapierHook' })

type Shown = z.infer<typeof HookShape>

interface Made {
  destination: Pick<Shown, 'id' | 'enabled' | 'disabled_reason'> & { created_at: number }
  connection: { id: string; event_types: string[] }
}

const shown = ({ destination, connection }: Made): Shown => ({
  id: destination.id,
  connection_id: connection.id,
  event: connection.event_types[0] ?? '*',
  enabled: destination.enabled,
  disabled_reason: destination.disabled_reason,
  created_at: timeOf(destination.created_at),
})

async function hooksOf(services: Services, { tenant }: Acting) {
  const all = await integrationsOf(services, tenant.id)
  return all?.integrations.filter((one) => one.kind === kind) ?? []
}

/** Subscriptions of Zaps. */
export const zapierHookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/integrations/zapier/hooks',
    access: 'operator',
    tag,
    summary: 'Subscribe a Zap to an event',
    description:
      'What `performSubscribe` of a REST hook trigger calls. Makes a destination of type zapier and a connection to it. A hook that answers 410 is disabled at once.',
    body: Hook,
    examples: [
      {
        summary: 'From zapier-platform-core',
        value: { hookUrl: 'https://hooks.zapier.com/hooks/standard/1/abc/', event: 'video.*' },
      },
    ],
    answers: { 201: { description: 'The hook.', schema: HookShape } },
    problems: ['limit_reached'],
    async handle({ services, as, body }) {
      const { hookUrl, target_url, event, filter } = body
      const url = nameIn('zapier', ['hook_url', 'url', 'webhook_url'])
      const config = { [url]: hookUrl ?? target_url }
      const renamed = { [url]: hookUrl === undefined ? 'target_url' : 'hookUrl' }
      const name = `Zap on ${event}`
      const draft = { kind, type: 'zapier', name, config, events: [event], filter, renamed }
      const made = await makeIntegration(services, as, draft)
      return made.ok ? json(shown(made.value), 201) : made.error
    },
  }),
  route({
    method: 'GET',
    path: '/api/integrations/zapier/hooks',
    access: 'viewer',
    tag,
    summary: 'List the subscriptions',
    query: ListQuery,
    answers: { 200: { description: 'A page of hooks.', schema: pageShape(HookShape) } },
    async handle({ services, as, query }) {
      const request = listRequest('destination', query)
      if (!request.ok) return request.error
      return pageOf(pageIn(await hooksOf(services, as), request.value), query.order, shown)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/integrations/zapier/hooks/{id}',
    access: 'operator',
    tag,
    summary: 'Unsubscribe a Zap',
    description: 'What `performUnsubscribe` calls.',
    answers: { 200: { description: 'It is gone.', schema: z.object({ id: z.string() }) } },
    async handle({ services, as, params }) {
      const hooks = await hooksOf(services, as)
      const isHook = hooks.some(({ destination }) => destination.id === params.id)
      const removed = isHook && (await as.config.destinations.remove(params.id))
      return removed ? json({ id: params.id }) : notFound('hook')
    },
  }),
]
