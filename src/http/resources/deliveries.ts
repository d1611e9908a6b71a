import * as z from 'zod'
import type { ActResult, Delivery, DeliveryDetail } from '../../ledger/protocol.ts'
import { Priority } from '../../model/connection.ts'
import { deliveryStates, gates } from '../../model/delivery.ts'
import type { Attempt } from '../../model/outcome.ts'
import { listQuery, listRequest, pageOf, pageShape, whole } from '../lists.ts'
import { notFound, problem, type ProblemCode } from '../problem.ts'
import { type Acting, json, route } from '../route.ts'
import { timeOf, timeOrNull } from '../times.ts'

const tag = 'Deliveries'

const state = z.enum(deliveryStates)

export const DeliveryShape = z
  .object({
    id: z.string(),
    event_id: z.string(),
    event_type: z.string(),
    connection_id: z.string(),
    destination_id: z.string(),
    state,
    held_by: z.enum(gates).nullable(),
    next_attempt_at: z.iso.datetime().nullable(),
    lane: z.string().nullable(),
    sequence: z.int().nullable(),
    priority: Priority,
    attempt_count: z.int(),
    last_status: z.int().nullable(),
    cause: z.string().nullable(),
    replay_of: z.string().nullable(),
    replayed_as: z.string().nullable(),
    created_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Delivery' })

export const AttemptShape = z
  .object({
    number: z.int(),
    at: z.iso.datetime(),
    trigger: z.enum(['first', 'retry', 'manual']),
    duration_ms: z.number(),
    status: z.int().nullable(),
    error: z.string().optional(),
    response_body: z.string().optional(),
    response_truncated: z.boolean().optional(),
    request_headers: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Attempt' })

const DetailShape = DeliveryShape.extend({ attempts: z.array(AttemptShape) })

export const shownDelivery = (delivery: Delivery): z.infer<typeof DeliveryShape> => ({
  id: delivery.id,
  event_id: delivery.event_id,
  event_type: delivery.event_type,
  connection_id: delivery.connection_id,
  destination_id: delivery.destination_id,
  state: delivery.state,
  held_by: delivery.held_by,
  next_attempt_at: timeOrNull(delivery.next_attempt_at),
  lane: delivery.lane,
  sequence: delivery.sequence,
  priority: delivery.priority,
  attempt_count: delivery.attempt_count,
  last_status: delivery.last_status,
  cause: delivery.cause,
  replay_of: delivery.replay_of,
  replayed_as: delivery.replayed_as,
  created_at: timeOf(delivery.created_at),
  ended_at: timeOrNull(delivery.ended_at),
})

const shownAttempt = ({ at, ...attempt }: Attempt): z.infer<typeof AttemptShape> => ({
  ...attempt,
  at: timeOf(at),
})

const shownDetail = (delivery: DeliveryDetail): z.infer<typeof DetailShape> => ({
  ...shownDelivery(delivery),
  attempts: delivery.attempts.map(shownAttempt),
})

const Query = z.strictObject({
  ...listQuery,
  state: state.optional(),
  destination_id: z.string().optional(),
  connection_id: z.string().optional(),
  event_id: z.string().optional(),
  event_type: z.string().optional(),
  response_status: whole(100, 599, 'The status of the last answer.').optional(),
})

type NotPossible = Extract<ActResult, { kind: 'not_possible' }>['reason']

const refusals: Record<NotPossible, readonly [ProblemCode, string]> = {
  canceled: ['delivery_canceled', 'The delivery is canceled: replay its event instead.'],
  in_flight: ['delivery_in_flight', 'An attempt is being made just now.'],
  ended: ['delivery_ended', 'The delivery has ended already.'],
  destination_disabled: ['destination_disabled', 'Enable the destination first.'],
  destination_deleted: ['destination_deleted', 'The destination of this delivery is deleted.'],
}

async function acted(as: Acting, id: string, result: ActResult, status: number): Promise<Response> {
  if (result.kind === 'not_found') return notFound('delivery')
  if (result.kind === 'not_possible') return problem(...refusals[result.reason])
  const delivery = await as.ledger.delivery(id)
  return delivery === null ? notFound('delivery') : json(shownDetail(delivery), status)
}

export const deliveryRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/deliveries',
    access: 'viewer',
    tag,
    summary: 'List the deliveries',
    query: Query,
    answers: { 200: { description: 'A page of deliveries.', schema: pageShape(DeliveryShape) } },
    async handle({ as, query }) {
      const request = listRequest('delivery', query)
      if (!request.ok) return request.error
      const page = await as.ledger.deliveries({
        ...request.value,
        state: query.state ?? null,
        destination_id: query.destination_id ?? null,
        connection_id: query.connection_id ?? null,
        event_id: query.event_id ?? null,
        event_type: query.event_type ?? null,
        response_status: query.response_status ?? null,
        unreplayed: false,
      })
      return pageOf(page, query.order, shownDelivery)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/deliveries/{id}',
    access: 'viewer',
    tag,
    summary: 'Read a delivery with its attempts',
    answers: { 200: { description: 'The delivery.', schema: DetailShape } },
    async handle({ as, params }) {
      const delivery = await as.ledger.delivery(params.id)
      return delivery === null ? notFound('delivery') : json(shownDetail(delivery))
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/deliveries/{id}/retry',
    access: 'operator',
    tag,
    summary: 'Make one more attempt now',
    description: 'The stored delivery again; to route the event anew, replay it.',
    answers: { 202: { description: 'It will be attempted.', schema: DetailShape } },
    problems: [
      'delivery_canceled',
      'delivery_in_flight',
      'delivery_ended',
      'destination_disabled',
      'destination_deleted',
    ],
    handle: async ({ as, params }) => acted(as, params.id, await as.ledger.retry(params.id), 202),
  }),
  route({
    method: 'POST',
    path: '/api/v1/deliveries/{id}/cancel',
    access: 'operator',
    tag,
    summary: 'Give a delivery up',
    answers: { 200: { description: 'It is canceled.', schema: DetailShape } },
    problems: ['delivery_canceled', 'delivery_in_flight', 'delivery_ended'],
    handle: async ({ as, params }) => acted(as, params.id, await as.ledger.cancel(params.id), 200),
  }),
]
