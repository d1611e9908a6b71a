import * as z from 'zod'
import { catalogueEvents, sampleOf } from '../../../model/catalogue.ts'
import { isJsonObject, type Json, parseJson } from '../../../model/json.ts'
import { nestsDeeperThan } from '../../../model/raw-json.ts'
import type { TenantLedger } from '../../../pipeline/shards.ts'
import { parseJsonBody } from '../../body.ts'
import { whole } from '../../lists.ts'
import { PostedType } from '../../posted-event.ts'
import { invalid } from '../../problem.ts'
import { json, type Route, route } from '../../route.ts'
import { timeOf } from '../../times.ts'
import { PostedShape } from '../posts.ts'
import { eventFrom, postOne } from './posting.ts'
import { zapierHookRoutes } from './zapier-hooks.ts'

const tag = 'Integrations: Zapier'

const own = new Set(['id', 'type', 'time'])

/** As the zapier type sends it: the members of the data, then the event's own three, whose names no other member may have. */
function zapOf(id: string, type: string, time: string, data: Json) {
  const members = isJsonObject(data) ? data : { value: data }
  const renamed = Object.entries(members).map(([name, value]) => [
    own.has(name) ? `data_${name}` : name,
    value,
  ])
  return { ...Object.fromEntries(renamed), id, type, time }
}

/** All samples of an answer together, but for the first, which comes however large it is. */
const mostSampleBytes = 2_000_000

/** What is nested deeper nobody maps in a Zap, and to write it as JSON could exhaust the stack. */
const deepest = 100

/** The newest events of a type; what is not JSON is nothing that a Zap could use. */
async function samplesOf(ledger: TenantLedger, type: string, limit: number) {
  const page = await ledger.events({
    limit,
    order: 'desc',
    after: null,
    since: null,
    until: null,
    type,
    source_id: null,
    q: null,
  })
  let left = mostSampleBytes
  const fitting = page.data.filter(({ size }, i) => {
    left -= size
    return i === 0 || left >= 0
  })
  const stored = await Promise.all(fitting.map(({ id }) => ledger.payload(id)))
  return stored.flatMap((one) => {
    const data =
      one === null || nestsDeeperThan(one.body, deepest) ? undefined : parseJson(one.body)
    return one === null || data === undefined
      ? []
      : [zapOf(one.head.id, one.head.type, one.head.time, data)]
  })
}

const Samples = z.array(z.looseObject({ id: z.string() }))

export const zapierRoutes: readonly Route[] = [
  ...zapierHookRoutes,
  route({
    method: 'GET',
    path: '/api/integrations/zapier/triggers',
    access: 'viewer',
    tag,
    summary: 'List what a Zap can be subscribed to',
    description: 'The catalogue, as the choices of a trigger. Any other event type works too.',
    answers: {
      200: {
        description: 'The events.',
        schema: z.array(
          z.object({
            id: z.string(),
            key: z.string(),
            label: z.string(),
            description: z.string(),
            sample: z.unknown(),
          }),
        ),
      },
    },
    handle: ({ services }) =>
      json(
        catalogueEvents().map(({ type, title, description, sample }) => ({
          id: type,
          key: type,
          label: title,
          description,
          sample: zapOf('evt_sample', type, timeOf(services.now()), sample),
        })),
      ),
  }),
  route({
    method: 'GET',
    path: '/api/integrations/zapier/samples/{event}',
    access: 'viewer',
    tag,
    summary: 'Read the newest events of a type',
    description:
      'What `performList` calls: an array, newest first, each with its `id`; fewer where they are large. Where there has been no such event, the catalogue’s sample.',
    query: z.strictObject({ limit: whole(1, 25, 'How many at most.').default(3) }),
    answers: { 200: { description: 'The events.', schema: Samples } },
    async handle({ services, as, params, query }) {
      const real = await samplesOf(as.ledger, params.event, query.limit)
      if (real.length > 0) return json(real)
      const sample = sampleOf(params.event)
      const now = timeOf(services.now())
      return json(sample === undefined ? [] : [zapOf('evt_sample', params.event, now, sample)])
    },
  }),
  route({
    method: 'POST',
    path: '/api/integrations/zapier/actions/{event}',
    access: 'publisher',
    tag,
    summary: 'Post an event from a Zap',
    description:
      'The body is the event’s data, as these very bytes. `Idempotency-Key` is its dedupe key.',
    reads: 'raw',
    idempotency: 'own',
    body: z.looseObject({}).meta({ description: 'Any JSON.' }),
    examples: [{ summary: 'A user', value: { user: { id: 'usr_1', email: 'ada@example.com' } } }],
    answers: {
      202: {
        description: 'Stored, and on its way.',
        schema: PostedShape,
      },
      200: {
        description: 'Seen before: the first one’s id.',
        schema: PostedShape,
      },
    },
    problems: ['event_conflict', 'rate_limited', 'unavailable'],
    async handle({ services, as, request, params, bytes }) {
      const type = PostedType.safeParse(params.event)
      if (!type.success) {
        const message = type.error.issues[0]?.message ?? 'not an event type'
        return invalid([{ path: 'event', message }])
      }
      const parsed = parseJsonBody(bytes)
      if (!parsed.ok) return parsed.response
      const event = eventFrom({ type: type.data, data: bytes }, request.headers)
      return postOne(services, as, { ...event, source: 'zapier' })
    },
  }),
  route({
    method: 'GET',
    path: '/api/integrations/zapier/me',
    access: 'viewer',
    tag,
    summary: 'Test a connection',
    description: 'What `authentication.test` calls. `name` is the label of the connection.',
    answers: {
      200: {
        description: 'The key is good.',
        schema: z.object({ id: z.string(), name: z.string(), label: z.string() }),
      },
    },
    handle: ({ as: { tenant } }) =>
      json({ id: tenant.id, name: tenant.name, label: `Switchyard: ${tenant.name}` }),
  }),
]
