import * as z from 'zod'
import { sources } from '../../sources/index.ts'
import { json, route } from '../route.ts'

const ProviderShape = z
  .object({
    name: z.string(),
    title: z.string(),
    documentation: z.string(),
    config_schema: z.record(z.string(), z.unknown()),
    event_types: z.array(z.string()),
    type_is: z.string(),
    dedupe_key_is: z.string(),
    methods: z.array(z.string()),
    steps: z.array(z.string()),
  })
  .meta({ id: 'Provider' })

const described = () =>
  Object.entries(sources).map(([name, source]) => ({
    name,
    title: source.title,
    documentation: source.documentation,
    config_schema: z.toJSONSchema(source.config, { io: 'input', unrepresentable: 'any' }),
    event_types: source.eventTypes,
    type_is: source.typeIs,
    dedupe_key_is: source.dedupeKeyIs,
    methods: source.methods,
    steps: source.steps,
  }))

export const providerRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/providers',
    access: 'viewer',
    tag: 'Sources',
    summary: 'List the providers',
    description: 'Everything that a form for a source needs to know.',
    answers: {
      200: { description: 'All of them.', schema: z.object({ data: z.array(ProviderShape) }) },
    },
    handle: () => json({ data: described() }),
  }),
]
