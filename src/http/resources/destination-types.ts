import * as z from 'zod'
import type { DestinationType } from '../../destinations/destination.ts'
import { describeDestinationTypes, destinationTypes } from '../../destinations/index.ts'
import { catalogueEvents } from '../../model/catalogue.ts'
import { RateLimit } from '../../model/destination.ts'
import { json, route } from '../route.ts'

const TypeShape = z
  .object({
    type: z.string(),
    title: z.string(),
    description: z.string(),
    config_schema: z.record(z.string(), z.unknown()),
    mapping_fields: z
      .array(z.object({ name: z.string(), is: z.string() }))
      .meta({ description: 'What `config.mapping` may say in JSONata, and what it must come to.' }),
    events: z
      .array(
        z.object({
          type: z.string(),
          title: z.string(),
          description: z.string(),
          sample: z.unknown(),
        }),
      )
      .meta({ description: 'The events that need no mapping, each with a sample of its data.' }),
    steps: z.array(z.string()),
    rate_limit: RateLimit.nullable(),
  })
  .meta({ id: 'DestinationType' })

const mappingFields = Object.fromEntries(
  Object.entries<DestinationType>(destinationTypes).map(([type, { mapping }]) => [type, mapping]),
)

const described = (): z.infer<typeof TypeShape>[] =>
  describeDestinationTypes().map(({ type, title, description, config_schema, steps, ...one }) => ({
    type,
    title,
    description,
    // JSON Schema is an object, whatever it says.
    config_schema: config_schema as Record<string, unknown>,
    mapping_fields: [...(mappingFields[type] ?? [])],
    events: [...catalogueEvents()],
    steps: [...steps],
    rate_limit: one.rate_limit,
  }))

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
    handle: () => json({ data: described() }),
  }),
]
