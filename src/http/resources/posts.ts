import * as z from 'zod'
import { mayStillPost, post } from '../../pipeline/post.ts'
import type { Posted, PostedEvent } from '../../pipeline/verbs.ts'
import type { Services } from '../../pipeline/bound-services.ts'
import { unauthorized } from '../auth.ts'
import { batchType, StructuredEvent, structuredType } from '../cloud-events.ts'
import { ingestLimitOf } from '../ingest-limit.ts'
import { NewEvent } from '../posted-event.ts'
import { readBatch, readOne } from '../read-posted.ts'
import {
  type FieldError,
  mostErrors,
  problem,
  type ProblemCode,
  problems,
  rateLimited,
  unavailable,
} from '../problem.ts'
import { json, type Poster, route } from '../route.ts'

const tag = 'Events'

export const PostedShape = z.object({ id: z.string(), duplicate: z.boolean() })

const ResultShape = z.union([
  PostedShape,
  z.object({
    error: z.object({
      code: z.string(),
      detail: z.string(),
      errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    }),
  }),
])

const Batch = z.strictObject({ events: z.array(NewEvent).min(1).max(500) })

const conflict = (id: string): string => `The id was used for another event, ${id}.`

/** The answer to what came of one posted event. */
export async function answerTo(
  services: Services,
  as: Pick<Poster, 'tenantId'>,
  posted: Posted,
): Promise<Response> {
  switch (posted.kind) {
    case 'accepted':
      return json({ id: posted.event_id, duplicate: false }, 202)
    case 'duplicate':
      return json({ id: posted.event_id, duplicate: true }, 200)
    case 'conflict':
      return problem('event_conflict', conflict(posted.event_id))
    case 'limited':
      return rateLimited(posted.retry_after_ms, await ingestLimitOf(services, as.tenantId))
    case 'unavailable':
      return unavailable(posted.retry_after_ms)
    case 'unauthorized':
      return unauthorized()
  }
}

type BatchResult = z.infer<typeof ResultShape>

const failed = (code: ProblemCode, detail: string = problems[code][1]): BatchResult => ({
  error: { code, detail },
})

function resultOf(posted: Posted): BatchResult {
  switch (posted.kind) {
    case 'accepted':
      return { id: posted.event_id, duplicate: false }
    case 'duplicate':
      return { id: posted.event_id, duplicate: true }
    case 'conflict':
      return failed('event_conflict', conflict(posted.event_id))
    case 'limited':
      return failed('rate_limited')
    case 'unavailable':
      return failed('unavailable')
    case 'unauthorized':
      return failed('unauthorized')
  }
}

function malformed(errors: FieldError[]): BatchResult {
  const [first] = errors
  const detail = first === undefined ? 'not valid' : `${first.path}: ${first.message}`
  return { error: { code: 'validation_failed', detail, errors: errors.slice(0, mostErrors) } }
}

/** The answer of which nothing at all was stored; `null` where there is something to tell of each event. */
async function wholeAnswer(
  services: Services,
  as: Poster,
  posted: readonly Posted[],
  complete: boolean,
): Promise<Response | null> {
  const [first] = posted
  if (posted.some(({ kind }) => kind === 'unauthorized')) return unauthorized()
  if (first === undefined || !complete) return null
  const nothing = posted.every(({ kind }) => kind === 'limited' || kind === 'unavailable')
  return nothing ? answerTo(services, as, first) : null
}

const problemsOfPosting: ProblemCode[] = [
  'event_conflict',
  'unsupported_media_type',
  'rate_limited',
  'unavailable',
]

const example = {
  summary: 'An order was paid',
  value: { type: 'order.paid', id: 'order-4711-paid', data: { order: 4711, amount: 99.5 } },
}

export const postRoutes = [
  route({
    method: 'POST',
    path: '/api/v1/events',
    access: 'publisher',
    tag,
    summary: 'Post an event',
    description:
      'Also as CloudEvents 1.0, structured or binary (`ce-*` headers). `id` or `Idempotency-Key` is the dedupe key within the tenant; a CloudEvent’s is its source and id.',
    reads: 'raw',
    idempotency: 'own',
    body: NewEvent,
    alsoReads: { [structuredType]: StructuredEvent },
    examples: [example],
    answers: {
      202: { description: 'Stored, and on its way.', schema: PostedShape },
      200: { description: 'Seen before: the first one’s id.', schema: PostedShape },
    },
    problems: problemsOfPosting,
    async handle({ services, as, request, bytes }) {
      const event = readOne(request.headers, bytes)
      if (!event.ok) return event.error
      const [posted] = await post(services, as, [event.value])
      return posted === undefined ? unavailable(1000) : answerTo(services, as, posted)
    },
  }),
  route({
    method: 'POST',
    path: '/api/v1/events/batch',
    access: 'publisher',
    tag,
    summary: 'Post up to 500 events',
    description:
      'Also as a CloudEvents batch. The results are in order, and one bad event never spoils the others.',
    reads: 'raw',
    body: Batch,
    alsoReads: { [batchType]: z.array(StructuredEvent).min(1).max(500) },
    examples: [{ summary: 'One event', value: { events: [example.value] } }],
    answers: {
      202: {
        description: 'What became of each.',
        schema: z.object({ results: z.array(ResultShape) }),
      },
    },
    problems: problemsOfPosting.filter((code) => code !== 'event_conflict'),
    async handle({ services, as, request, bytes }) {
      const batch = readBatch(request.headers, bytes)
      if (!batch.ok) return batch.error
      const events = batch.value.flatMap((item): PostedEvent[] => (item.ok ? [item.value] : []))
      if (events.length === 0 && !(await mayStillPost(services, as))) return unauthorized()
      const posted = events.length === 0 ? [] : await post(services, as, events)
      const complete = events.length === batch.value.length
      const whole = await wholeAnswer(services, as, posted, complete)
      if (whole !== null) return whole
      const rest = posted.values()
      const results = batch.value.map((item) => {
        if (!item.ok) return malformed(item.error)
        const next = rest.next()
        return next.done ? failed('unavailable') : resultOf(next.value)
      })
      return json({ results }, 202)
    },
  }),
]
