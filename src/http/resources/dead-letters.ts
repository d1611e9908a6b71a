import * as z from 'zod'
import { newId } from '../../model/ids.ts'
import { listQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { json, route } from '../route.ts'
import { msOf, Time } from '../times.ts'
import { DeliveryShape, shownDelivery } from './deliveries.ts'

const tag = 'Dead letters'

const Query = z.strictObject({
  ...listQuery,
  destination_id: z.string().optional(),
  connection_id: z.string().optional(),
  event_id: z.string().optional(),
  event_type: z.string().optional(),
})

const Selection = z.strictObject({
  destination_id: z.string().optional(),
  connection_id: z.string().optional(),
  event_type: z.string().optional(),
  since: Time.optional(),
  until: Time.optional(),
})

const time = (text: string | undefined): number | null => (text === undefined ? null : msOf(text))

export const deadLetterRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/dead-letters',
    access: 'viewer',
    tag,
    summary: 'List the dead letters',
    description: 'Deliveries that were given up and have not been replayed.',
    query: Query,
    answers: { 200: { description: 'A page of deliveries.', schema: pageShape(DeliveryShape) } },
    async handle({ as, query }) {
      const request = listRequest('delivery', query)
      if (!request.ok) return request.error
      const page = await as.ledger.deliveries({
        ...request.value,
        state: 'dead',
        unreplayed: true,
        destination_id: query.destination_id ?? null,
        connection_id: query.connection_id ?? null,
        event_id: query.event_id ?? null,
        event_type: query.event_type ?? null,
        response_status: null,
      })
      return pageOf(page, query.order, shownDelivery)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/dead-letters/replay',
    access: 'operator',
    tag,
    summary: 'Replay dead letters',
    description:
      'Those that fit all that is given; all of them, for `{}`. The work goes on as a job.',
    body: Selection,
    answers: {
      202: { description: 'The job that does it.', schema: z.object({ job_id: z.string() }) },
    },
    async handle({ services, as, body }) {
      const jobId = newId('job', services.now(), services.random(16))
      const job = await as.ledger.replayDead(jobId, {
        destination_id: body.destination_id ?? null,
        connection_id: body.connection_id ?? null,
        event_type: body.event_type ?? null,
        since: time(body.since),
        until: time(body.until),
      })
      return json({ job_id: job.id }, 202)
    },
  }),
]
