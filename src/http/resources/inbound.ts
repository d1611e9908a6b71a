import * as z from 'zod'
import { receive } from '../../pipeline/receive.ts'
import type { Services } from '../../pipeline/bound-services.ts'
import type { Received } from '../../pipeline/verbs.ts'
import type { Refusal, RefusalReason } from '../../model/refusal.ts'
import { problem, type ProblemCode, rateLimited, unavailable } from '../problem.ts'
import { ingestLimitOf } from '../ingest-limit.ts'
import { json, route } from '../route.ts'

const One = z.object({ event_id: z.string(), duplicate: z.boolean() })

/** `events`: one for each element, where the source splits batches. */
const AcceptedShape = One.extend({ events: z.array(One).optional() })

/** Vague on purpose: what exactly was wrong is in the rejection, for the source's owner alone. */
const unverified = ['verification_failed', 'The request could not be verified.'] as const

/** What the outside is told of each refusal. */
const refusals: Record<RefusalReason, readonly [ProblemCode, string]> = {
  missing_header: unverified,
  malformed_header: unverified,
  missing_field: unverified,
  signature_mismatch: unverified,
  credentials_mismatch: unverified,
  timestamp_malformed: unverified,
  timestamp_outside_tolerance: unverified,
  malformed_body: unverified,
  untrusted_url: unverified,
  certificate_invalid: unverified,
  // Not a forgery for all that is known: the sender is to try again.
  certificate_unavailable: ['unavailable', 'The request could not be checked just now.'],
  source_disabled: ['source_disabled', 'The source is disabled.'],
  payload_too_large: ['payload_too_large', 'The body is too large. Nothing was stored.'],
  method_not_allowed: ['method_not_allowed', 'The source does not take this method.'],
  body_unreadable: ['body_unreadable', 'The body ended before it was complete.'],
}

const refused = ({ reason }: Refusal): Response => problem(...refusals[reason])

async function limited(services: Services, sourceId: string, waitMs: number): Promise<Response> {
  const tenantId = await services.snapshots.tenantOfSource(sourceId)
  return rateLimited(waitMs, tenantId === null ? null : await ingestLimitOf(services, tenantId))
}

/** The answer to what came of an inbound request. */
async function answerTo(
  services: Services,
  sourceId: string,
  received: Received,
): Promise<Response> {
  switch (received.kind) {
    case 'accepted':
      return received.response ?? json({ event_id: received.event_id, duplicate: false }, 202)
    case 'duplicate':
      return received.response ?? json({ event_id: received.event_id, duplicate: true }, 200)
    case 'split': {
      const { events, response } = received
      const duplicate = events.every((one) => one.duplicate)
      const [first] = events
      const answer = { event_id: first?.event_id ?? '', duplicate, events }
      return response ?? json(answer, duplicate ? 200 : 202)
    }
    case 'answered':
      return received.response
    case 'refused':
      return refused(received.refusal)
    case 'not_found':
      return problem('source_not_found', 'There is no such source.')
    case 'method_not_allowed': {
      const headers = { allow: received.allow.join(', ') }
      return problem('method_not_allowed', `Use one of: ${headers.allow}.`, { headers })
    }
    case 'limited':
      return limited(services, sourceId, received.retry_after_ms)
    case 'unavailable':
      return unavailable(received.retry_after_ms)
  }
}

export const inboundRoutes = [
  route({
    method: 'ANY',
    path: '/in/{source_id}',
    access: 'public',
    reads: 'stream',
    tag: 'Inbound',
    summary: 'Where a provider sends its webhooks',
    description:
      'The URL of a source. The proof that the provider sends with each request is checked over its very bytes. Handshakes are answered as the provider asks.',
    answers: {
      200: { description: 'Seen before: the first one’s id.', schema: AcceptedShape },
      202: { description: 'Stored, and on its way.', schema: AcceptedShape },
    },
    problems: [
      'verification_failed',
      'source_disabled',
      'source_not_found',
      'method_not_allowed',
      'payload_too_large',
      'rate_limited',
      'unavailable',
    ],
    async handle({ services, request, url, params: { source_id } }) {
      const received = await receive(services, source_id, request, url.href)
      return answerTo(services, source_id, received)
    },
  }),
]
