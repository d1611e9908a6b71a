import * as z from 'zod'
import type { EventDetail, EventSummary } from '../../ledger/protocol.ts'
import { Priority } from '../../model/connection.ts'
import type { Verdict } from '../../model/event.ts'
import { replayEvent } from '../../pipeline/replay.ts'
import type { Services } from '../../pipeline/bound-services.ts'
import { listQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { type FieldError, invalid, notFound, rateLimited, unavailable } from '../problem.ts'
import { type Acting, json, route } from '../route.ts'
import { normalTime, timeOf } from '../times.ts'

const tag = 'Events'

const VerdictShape = z
  .object({
    connection_id: z.string(),
    verdict: z.enum(['delivery', 'type', 'filtered', 'disabled']),
    delivery_id: z.string().optional(),
    failed_at: z
      .object({
        path: z.string(),
        operator: z.string(),
        expected: z.unknown(),
        actual: z.unknown().optional(),
      })
      .optional(),
  })
  .meta({ id: 'Verdict' })

const EventShape = z
  .object({
    id: z.string(),
    type: z.string(),
    source_id: z.string().nullable(),
    source: z.string().nullable(),
    subject: z.string().nullable(),
    time: z.string(),
    received_at: z.iso.datetime(),
    content_type: z.string().nullable(),
    size: z.int(),
    headers: z.record(z.string(), z.string()),
    order_key: z.string().nullable(),
    priority: Priority,
    dedupe_key: z.string().nullable(),
    duplicates: z.int(),
    replay_of: z.string().nullable(),
  })
  .meta({ id: 'Event' })

const DetailShape = EventShape.extend({ verdicts: z.array(VerdictShape) })

const shown = (event: EventSummary): z.infer<typeof EventShape> => ({
  id: event.id,
  type: event.type,
  source_id: event.source_id,
  source: event.source,
  subject: event.subject,
  time: normalTime(event.time),
  received_at: timeOf(event.received_at),
  content_type: event.content_type,
  size: event.size,
  headers: event.headers,
  order_key: event.order_key,
  priority: event.priority,
  dedupe_key: event.dedupe_key,
  duplicates: event.duplicates,
  replay_of: event.replay_of,
})

/** A missing value is told as `null`: JSON has no `undefined`, and a leaf without `actual` would look unfinished. */
const shownVerdict = (verdict: Verdict): z.infer<typeof VerdictShape> =>
  verdict.verdict === 'filtered'
    ? { ...verdict, failed_at: { ...verdict.failed_at, actual: verdict.failed_at.actual ?? null } }
    : verdict

const shownDetail = (event: EventDetail): z.infer<typeof DetailShape> => ({
  ...shown(event),
  verdicts: event.verdicts.map(shownVerdict),
})

const Query = z.strictObject({
  ...listQuery,
  type: z.string().optional(),
  source_id: z.string().optional(),
  q: z.string().min(1).max(200).optional().meta({ description: 'Text that the payload holds.' }),
})

/** A payload is somebody else's: whatever it says it is, a browser must not run it. */
const payloadHeaders = (contentType: string | null): Record<string, string> => ({
  'content-type': contentType ?? 'application/octet-stream',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
})

/** Those of `ids` that are no connections of the tenant: a replay through nothing would look like one that worked. */
async function unknownConnections(
  { snapshots }: Services,
  { tenant, config }: Acting,
  ids: readonly string[],
): Promise<FieldError[]> {
  const known = (await snapshots.get(tenant.id))?.connections
  const missing = await Promise.all(
    ids.map(async (id, i) => {
      const found = known?.has(id) === true || (await config.connections.get(id)) !== null
      return found ? [] : [{ path: `connection_ids[${i}]`, message: 'there is no such connection' }]
    }),
  )
  return missing.flat()
}

export const eventRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/events',
    access: 'viewer',
    tag,
    summary: 'List the events',
    query: Query,
    answers: { 200: { description: 'A page of events.', schema: pageShape(EventShape) } },
    async handle({ as, query }) {
      const request = listRequest('event', query)
      if (!request.ok) return request.error
      const page = await as.ledger.events({
        ...request.value,
        type: query.type ?? null,
        source_id: query.source_id ?? null,
        q: query.q ?? null,
      })
      return pageOf(page, query.order, shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/events/{id}',
    access: 'viewer',
    tag,
    summary: 'Read an event and what became of it',
    description: 'One verdict for each connection that could have taken it.',
    answers: { 200: { description: 'The event.', schema: DetailShape } },
    async handle({ as, params }) {
      const event = await as.ledger.event(params.id)
      return event === null ? notFound('event') : json(shownDetail(event))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/events/{id}/payload',
    access: 'viewer',
    tag,
    summary: 'Read an event’s bytes',
    description: 'As they came, in their own content type.',
    answers: { 200: { description: 'The payload.', contentType: '*/*' } },
    async handle({ as, params }) {
      const payload = await as.ledger.payload(params.id)
      if (payload === null) return notFound('event')
      const headers = payloadHeaders(payload.head.content_type)
      return new Response(payload.body, { headers })
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/events/{id}/replay',
    access: 'operator',
    tag,
    summary: 'Route an event again',
    description:
      'By today’s configuration, as a new event. To send a stored delivery again, retry it.',
    body: z.strictObject({
      connection_ids: z.array(z.string().startsWith('con_')).min(1).max(200).optional(),
    }),
    answers: {
      202: {
        description: 'The new event.',
        schema: z.object({ event_id: z.string(), replay_of: z.string() }),
      },
    },
    problems: ['rate_limited', 'unavailable'],
    async handle({ services, as, params, body }) {
      const only = body.connection_ids ?? null
      const unknown = await unknownConnections(services, as, only ?? [])
      if (unknown.length > 0) return invalid(unknown)
      const replayed = await replayEvent(services, as.tenant.id, params.id, only)
      if (replayed.kind === 'not_found') return notFound('event')
      if (replayed.kind === 'limited') {
        return rateLimited(replayed.retry_after_ms, as.tenant.limits.ingest_per_s)
      }
      if (replayed.kind === 'unavailable') return unavailable(replayed.retry_after_ms)
      return json({ event_id: replayed.event_id, replay_of: params.id }, 202)
    },
  }),
]
