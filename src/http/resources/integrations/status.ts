import * as z from 'zod'
import { integrationsOf } from '../../../pipeline/integrations.ts'
import { standingsOf } from '../../../pipeline/standing.ts'
import { notFound } from '../../problem.ts'
import { json, type Route, route } from '../../route.ts'
import { shownStanding, StandingShape } from './standing-shape.ts'

export const integrationStatusRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/integrations/status',
    access: 'viewer',
    tag: 'Integrations',
    summary: 'See how every integration is doing',
    description:
      'Each destination of the tenant, wherever it was made: health, last success, last error, and what the last 24 hours brought.',
    answers: {
      200: { description: 'All of them.', schema: z.object({ data: z.array(StandingShape) }) },
    },
    async handle({ services, as }) {
      const all = await integrationsOf(services, as.tenant.id)
      if (all === null) return notFound('tenant')
      const { integrations, destinations } = all
      const kinds = new Map(integrations.map(({ kind, destination }) => [destination.id, kind]))
      const standings = await standingsOf(as.ledger, destinations, services.now())
      const data = destinations.flatMap((one, i) => {
        const standing = standings[i]
        const kind = kinds.get(one.id) ?? one.type
        return standing === undefined ? [] : [shownStanding(kind, one, standing)]
      })
      return json({ data })
    },
  }),
]
