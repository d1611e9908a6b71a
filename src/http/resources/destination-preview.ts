import * as z from 'zod'
import { secretsIn } from '../../destinations/redact.ts'
import { sampleOf } from '../../model/catalogue.ts'
import { isMasked } from '../../model/secret-paths.ts'
import { previewDestination } from '../../pipeline/preview.ts'
import { maskRefused } from '../merged-config.ts'
import { NewEvent } from '../posted-event.ts'
import { json, route } from '../route.ts'
import { boundConfig, typeOf } from './destination-shape.ts'

const Body = z.strictObject({
  type: z.string().min(1).max(60),
  config: z.record(z.string(), z.unknown()),
  event: NewEvent.extend({
    data: z
      .unknown()
      .optional()
      .meta({ description: 'Any JSON; by default the catalogue’s sample for the type.' }),
    headers: z.record(z.string(), z.string()).default({}),
  }).prefault({ type: 'video.generated' }),
})

const PreviewShape = z
  .object({
    requests: z.array(
      z.object({
        method: z.string(),
        url: z.string(),
        headers: z.record(z.string(), z.string()),
        body: z.string().nullable(),
      }),
    ),
    error: z.string().nullable().meta({ description: 'Why there is no request to make.' }),
  })
  .meta({ id: 'DestinationPreview' })

export const destinationPreviewRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/destinations/preview',
    access: 'operator',
    tag: 'Destinations',
    summary: 'See the request that would be sent',
    description:
      'With a config that need not be saved, for an event of your own or the catalogue’s sample. The mapping is evaluated; secrets are masked; nothing is sent. Where a type makes several requests, the first.',
    body: Body,
    examples: [
      {
        summary: 'What a webhook would get',
        value: {
          type: 'webhook',
          config: { url: 'https://example.com/webhooks' },
          event: { type: 'video.generated' },
        },
      },
    ],
    answers: { 200: { description: 'The request.', schema: PreviewShape } },
    async handle({ services, as, body }) {
      const type = typeOf(body.type)
      if (!type.ok) return type.error
      const bound = boundConfig(type.value, body.config, services.allowlist)
      if (!bound.ok) return bound.error
      const { config, secretPaths } = bound.value
      if (secretsIn(config, secretPaths).some(isMasked)) return maskRefused()
      const { data = sampleOf(body.event.type) ?? null, ...event } = body.event
      const draft = { ...event, data }
      return json(await previewDestination(services, as.tenant.id, bound.value, draft))
    },
  }),
]
