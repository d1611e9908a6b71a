import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import { memberRange } from '../model/raw-json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { textAt, valueAt, withAction } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { sameCredential } from './schemes/credential.ts'
import { jsonParts, together } from './schemes/json-batch.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { Part, SourceRequest, Verified, World } from './source.ts'

const Config = z.strictObject({ secret: Secret.optional(), split: Split })

const signing: Signing = { header: 'x-hook-signature', encoding: 'lower-hex', signed: ['body'] }
const secretHeader = 'x-hook-secret'
const offer = /^[\x21-\x7e]{1,256}$/

/** `{"events":[]}` with room for white space. Longer ones need not be proved twice to see that they hold events. */
const longestHeartbeat = 100

const readEvent = (event: Json): Verified => ({
  type: withAction(textAt(event, 'resource', 'resource_type') ?? null, textAt(event, 'action')),
  dedupeKey: null,
})

/** Its events. The second of the same bytes is counted as such, as none has an id to tell it by. */
function partsOf(body: Uint8Array): Part[] {
  const isBatch = Array.isArray(valueAt(parseJson(body), ['events']))
  const range = isBatch ? memberRange(body, 'events') : null
  if (range === null) return []
  const twins = new Map<string | null, number>()
  const parts = jsonParts(body.subarray(range.start, range.end), readEvent)
  for (const part of parts) {
    const { dedupeKey } = part
    const before = twins.get(dedupeKey) ?? 0
    twins.set(dedupeKey, before + 1)
    if (before > 0) part.dedupeKey = `${dedupeKey}#${before}`
  }
  return parts
}

const problemOf = (request: SourceRequest, { secret }: z.infer<typeof Config>, world: World) =>
  hmacProblem(request, signing, 'sha256', (secret ?? []).map(utf8), world)

/**
 * Asana hands over the secret by its first call, unless one is configured. From then on no other is taken, so one source is for
 * one webhook. Type: resource type and action (`task.changed`); `batch` for several events of different types that are not
 * split. Dedupe: a digest of the event's bytes, or of all events' keys.
 */
export const asana = defineSource({
  title: 'Asana',
  documentation: 'https://developers.asana.com/docs/webhooks-guide',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header, secretHeader],
  methods: ['POST'],
  typeIs:
    '`resource_type` of the `resource`, with `action` after a dot; `batch` for several types at once',
  dedupeKeyIs: 'a digest of the event, or of all events of a delivery',
  eventTypes: [
    'task.added',
    'task.changed',
    'task.removed',
    'task.deleted',
    'project.changed',
    'story.added',
  ],
  steps: [
    'Leave the secret of this source empty: Asana hands it over when the webhook is made.',
    "Make the webhook with Asana's API at once: POST /api/1.0/webhooks with resource and target, this source's URL.",
    'For another webhook make another source: each has a secret of its own.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    return ok(together(partsOf(request.body), request.body))
  },

  async handshake(request, config, world) {
    const { secret } = config
    const offered = request.headers.get(secretHeader) ?? ''
    if (offered !== '') {
      if (request.method !== 'POST' || !offer.test(offered)) return null
      // Whoever knows the URL could offer another: it would lock Asana out and let them in.
      if (secret?.some((one) => sameCredential(utf8(offered), utf8(one))) === false) return null
      const response = new Response(null, { headers: { [secretHeader]: offered } })
      return secret === undefined ? { response, learned: { secret: offered } } : { response }
    }
    if (request.body.length > longestHeartbeat) return null
    if ((await problemOf(request, config, world)) !== null) return null
    const events = valueAt(parseJson(request.body), ['events'])
    return Array.isArray(events) && events.length === 0 ? { response: plainOk() } : null
  },

  parts: ({ body }, { split }) => (split ? partsOf(body) : null),

  /** Asana knows 200 and 204. */
  accepted: plainOk,
})
