import * as z from 'zod'
import type { Refusal } from '../model/refusal.ts'
import { err } from '../model/result.ts'
import { batchParts, batchType, cloudEventIn, mediaTypeOf } from './schemes/cloud-event.ts'
import { headerProblem, parameterProblem, parametersOf } from './schemes/shared-secret.ts'
import { consentTo } from './schemes/webhook-consent.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'

const header = 'authorization'
const parameter = 'access_token'

const Host = z
  .string()
  .regex(/^(?:\*|[A-Za-z0-9.-]{1,253}(?::\d{1,5})?)$/, "a sender's DNS name, or *")
  .transform((host) => host.toLowerCase())

const Config = z.strictObject({
  secret: Secret,
  /** Who is told in a handshake that it may send: `*`, or a list of names. */
  allowed_origins: z
    .union([z.literal('*').transform((any) => [any]), z.array(Host).min(1).max(100)], {
      error: '"*", or a list of DNS names',
    })
    .optional(),
  /** How many requests a minute a sender is allowed in a handshake; unless set, any. */
  allowed_rate: z.int().min(1).max(1_000_000).optional(),
  split: Split,
})

const showsNothing = (request: SourceRequest): boolean =>
  (request.headers.get(header) ?? '') === '' && parametersOf(request, parameter).length === 0

/** RFC 6750: a token in the header or in the URL, and never in both. */
function problemOf(request: SourceRequest, secrets: readonly string[]): Refusal | null {
  const inUrl = parametersOf(request, parameter).length > 0
  if (!inUrl) return headerProblem(request, header, secrets, 'bearer')
  if (request.headers.has(header)) return { reason: 'malformed_header', header }
  return parameterProblem(request, parameter, secrets)
}

/**
 * CloudEvents 1.0 in all three modes. Type: `type`. Dedupe: `source` and `id` with a space between; a batch taken whole has
 * the type that all its events share, else `batch`, and a digest of their keys. What is no valid CloudEvent is refused.
 */
export const cloudevents = defineSource({
  title: 'CloudEvents',
  documentation:
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#3-authorization',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [header],
  methods: ['POST'],
  typeIs: 'the attribute `type`',
  dedupeKeyIs: 'the attributes `source` and `id` together',
  eventTypes: ['com.github.pull_request.opened', 'com.example.object.deleted.v2'],
  steps: [
    "Subscribe this source's URL at the sender, with the secret of this source as its bearer token.",
    'Where the sender cannot set a header, add ?access_token= and the secret to the URL.',
    'If the sender asks with OPTIONS and without the token whether it may send, name it in allowed_origins.',
  ],

  verify(request, { secret }) {
    const problem = problemOf(request, secret)
    return problem === null ? cloudEventIn(request) : err(problem)
  },

  /**
   * The specification gives the question no proof of its own. So a token that is shown must be right, and where none is only
   * senders that were named are told yes.
   */
  handshake(request, { secret, allowed_origins, allowed_rate }) {
    if (request.method !== 'OPTIONS') return null
    const isKnown = problemOf(request, secret) === null
    if (!isKnown && !showsNothing(request)) return null
    const response = consentTo(request, allowed_origins ?? (isKnown ? ['*'] : []), allowed_rate)
    return response === null ? null : { response }
  },

  parts: (request, { split }) =>
    split && mediaTypeOf(request) === batchType ? batchParts(request.body) : null,
})
