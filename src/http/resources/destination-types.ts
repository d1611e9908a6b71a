import * as z from 'zod'
import { describeDestinationTypes } from '../../destinations/index.ts'
import { RateLimit } from '../../model/destination.ts'
import { json, route } from '../route.ts'

const TypeShape = z
  .object({
    type: z.string(),
    title: z.string(),
    description: z.string(),
    config_schema: z.record(z.string(), z.unknown()),
    steps: z.array(z.string()),
    rate_limit: RateLimit.nullable(),
  })
  .meta({ id: 'DestinationType' })

export const destinationTypeRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/destination-types',
    access: 'viewer',
    tag: 'Destinations',
    summary: 'List the destination types',
    description: 'Everything that a form for a destination needs to know.',
    answers: {
      200: { description: 'All of them.', schema: z.object({ data: z.array(TypeShape) }) },
    },
    handle: () => json({ data: describeDestinationTypes() }),
  }),
]
