import * as z from 'zod'
import type { Rejection } from '../../ledger/protocol.ts'
import { likelyCauses } from '../../model/refusal.ts'
import type { LikelyCause, Refusal, RefusalReason } from '../../model/refusal.ts'
import { listQuery, listRequest, pageOf, pageShape } from '../lists.ts'
import { notFound } from '../problem.ts'
import { json, route } from '../route.ts'
import { timeOf } from '../times.ts'

const tag = 'Rejections'

type Sentences = {
  [R in RefusalReason]: (refusal: Extract<Refusal, { reason: R }>) => string
}

/** What to look at first, for each cause that was found by trying. */
const causes: Record<LikelyCause, string> = {
  body_was_changed:
    'It fits the same JSON written in another way: something in front of Switchyard parses bodies and writes them anew.',
  secret_of_another_kind:
    'It fits the secret read in another way: copy it exactly as the provider shows it.',
  url_differs:
    "It fits another form of the URL: set the source's config.url to the one that the provider calls.",
  clock_skew: 'All else fits: a clock is wrong, or an old request was sent again.',
}

/** Each refusal in a sentence for the source's owner. */
const sentences: Sentences = {
  missing_header: ({ header }) => `The header ${header} is missing.`,
  malformed_header: ({ header }) => `The header ${header} is not formed as the provider forms it.`,
  missing_field: ({ field }) => `The field ${field} is missing.`,
  signature_mismatch: () =>
    'The signature was made with another secret, or the body was changed on the way.',
  credentials_mismatch: () => 'The credentials are not those of this source.',
  timestamp_malformed: ({ header }) => `The timestamp in ${header} is not one.`,
  timestamp_outside_tolerance: ({ skew_s }) =>
    skew_s < 0
      ? `The timestamp lies ${-skew_s} s in the future.`
      : `The timestamp is ${skew_s} s old.`,
  malformed_body: ({ detail }) => `The body is not what the provider sends: ${detail}`,
  untrusted_url: ({ detail }) => `A URL in the request is not to be trusted: ${detail}`,
  certificate_invalid: ({ detail }) => `The sender's certificate proves nothing: ${detail}`,
  certificate_unavailable: ({ detail }) => `The sender's certificate could not be had: ${detail}`,
  source_disabled: () => 'The source is disabled.',
  payload_too_large: ({ limit }) => `The body is larger than ${limit} bytes.`,
  method_not_allowed: ({ method }) => `This source does not take ${method}.`,
  body_unreadable: () => 'The body ended before it was complete.',
}

/** The table's line for this very refusal. */
const detailOf = <R extends RefusalReason>(refusal: Extract<Refusal, { reason: R }>): string => {
  const sentence: (refusal: Extract<Refusal, { reason: R }>) => string = sentences[refusal.reason]
  return sentence(refusal)
}

const causeOf = (refusal: Refusal): LikelyCause | null =>
  'likely_cause' in refusal ? (refusal.likely_cause ?? null) : null

function explained(refusal: Refusal): string {
  const cause = causeOf(refusal)
  return cause === null ? detailOf(refusal) : `${detailOf(refusal)} ${causes[cause]}`
}

const RejectionShape = z
  .object({
    id: z.string(),
    source_id: z.string(),
    at: z.iso.datetime(),
    reason: z.string(),
    likely_cause: z.enum(likelyCauses).nullable(),
    detail: z.string(),
    method: z.string(),
    headers: z.record(z.string(), z.string()),
    body_size: z.int(),
  })
  .meta({ id: 'Rejection' })

const shown = (rejection: Rejection): z.infer<typeof RejectionShape> => ({
  id: rejection.id,
  source_id: rejection.source_id,
  at: timeOf(rejection.at),
  reason: rejection.refusal.reason,
  likely_cause: causeOf(rejection.refusal),
  detail: explained(rejection.refusal),
  method: rejection.method,
  headers: rejection.headers,
  body_size: rejection.body_size,
})

const Query = z.strictObject({ ...listQuery, source_id: z.string().optional() })

export const rejectionRoutes = [
  route({
    method: 'GET',
    path: '/api/v1/rejections',
    access: 'viewer',
    tag,
    summary: 'List the refused inbound requests',
    query: Query,
    answers: { 200: { description: 'A page of rejections.', schema: pageShape(RejectionShape) } },
    async handle({ as, query }) {
      const request = listRequest('rejection', query)
      if (!request.ok) return request.error
      const page = await as.ledger.rejections({
        ...request.value,
        source_id: query.source_id ?? null,
      })
      return pageOf(page, query.order, shown)
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/rejections/{id}',
    access: 'viewer',
    tag,
    summary: 'Read why a request was refused',
    answers: { 200: { description: 'The rejection.', schema: RejectionShape } },
    async handle({ as, params }) {
      const rejection = await as.ledger.rejection(params.id)
      return rejection === null ? notFound('rejection') : json(shown(rejection))
    },
  }),
]
