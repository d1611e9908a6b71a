import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { formOf, keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import { headerProblem } from './schemes/shared-secret.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'

const keyHeader = 'x-api-key'

const problemOf = (request: SourceRequest, secrets: readonly string[]): Refusal | null =>
  request.headers.has(keyHeader)
    ? headerProblem(request, keyHeader, secrets)
    : headerProblem(request, 'authorization', secrets, 'bearer')

/** The field of a form or of a JSON object, as text. */
function fieldOf(request: SourceRequest, name: string): string | undefined {
  const form = formOf(request)
  if (form !== null) return form.get(name) ?? undefined
  const json = parseJson(request.body)
  const value = valueAt(json, [name])
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value)
  return isNumber ? String(value) : textAt(json, name)
}

/** Zapier signs nothing: a key in `X-API-Key` or `Authorization: Bearer`. Type: `type` or `event`. Dedupe: `Idempotency-Key`, else `id`. */
export const zapier = defineSource({
  title: 'Zapier',
  documentation: 'https://docs.zapier.com/platform/build/apikeyauth',
  config: z.strictObject({ secret: Secret }),
  secrets: secretPaths('secret'),
  proofHeaders: [keyHeader, 'authorization'],
  methods: ['POST', 'PUT'],
  typeIs: '`type` or `event` of the body, JSON or form',
  dedupeKeyIs: 'the header Idempotency-Key, else `id` of the body',
  eventTypes: [],
  steps: [
    'Add a step Webhooks by Zapier, POST (or PUT) to the Zap.',
    "URL: this source's URL. Payload type: json. Add a field `type` that names what happened, and `id` if there is one.",
    'Headers: X-API-Key with the secret of this source.',
    "In an app of your own with API key authentication, use GET on this source's URL as the test request.",
  ],

  verify(request, { secret }) {
    const problem = problemOf(request, secret)
    if (problem !== null) return err(problem)
    return ok({
      type: typeFrom(fieldOf(request, 'type'), fieldOf(request, 'event')),
      dedupeKey: keyFrom(request.headers.get('idempotency-key')) ?? keyFrom(fieldOf(request, 'id')),
    })
  },

  /** What Zapier asks to see whether the key that somebody entered is right. */
  handshake: (request, { secret }) =>
    request.method === 'GET' && problemOf(request, secret) === null
      ? { response: Response.json({ ok: true }) }
      : null,
})
