import * as z from 'zod'
import type { Json } from '../model/json.ts'
import { parseJson } from '../model/json.ts'
import { elementRanges, memberRange } from '../model/raw-json.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import type { Signing } from './schemes/claim.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, Verified } from './source.ts'

const signing: Signing = { header: 'x-line-signature', encoding: 'base64', signed: ['body'] }

const Config = z.strictObject({ secret: Secret, split: Split })

function eventsOf({ body }: SourceRequest): Json[] | null {
  const events = valueAt(parseJson(body), ['events'])
  return Array.isArray(events) ? events : null
}

const problemOf = (
  request: SourceRequest,
  { secret }: z.infer<typeof Config>,
  world: { nowMs: number },
) => hmacProblem(request, signing, 'sha256', secret.map(utf8), world)

const verifiedOf = (event: Json | undefined): Verified => ({
  type: typeFrom(textAt(event, 'type')),
  dedupeKey: keyFrom(textAt(event, 'webhookEventId')),
})

/**
 * Type: the one that all events share, else `batch`. Dedupe: the `webhookEventId` of each, for a redelivery has another body (`isRedelivery`).
 * With `split`, each of the events is one of ours; `destination`, the bot's id, stays with the request.
 */
export const line = defineSource({
  title: 'LINE Messaging API',
  documentation: 'https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`type` of the events, `batch` where they differ; with `split`, of each',
  dedupeKeyIs: '`webhookEventId` of all events; with `split`, of each',
  eventTypes: ['message', 'follow', 'unfollow', 'join', 'leave', 'postback', 'memberJoined'],
  steps: [
    'Open the LINE Developers console and choose the Messaging API channel.',
    'Copy the channel secret (Basic settings) into this source.',
    "Messaging API, Webhook settings: enter this source's URL, verify it, and turn on Use webhook.",
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    const events = (eventsOf(request) ?? []).map(verifiedOf)
    const type = events[0]?.type ?? 'unknown'
    const keys = events.map(({ dedupeKey }) => dedupeKey ?? '')
    return ok({
      type: events.every((event) => event.type === type) ? type : 'batch',
      dedupeKey: keys.includes('') ? null : keyFrom(keys.join(',')),
    })
  },

  /** The console's Verify button, and LINE's own checks, send no events and want exactly 200. */
  async handshake(request, config, world) {
    if ((await problemOf(request, config, world)) !== null) return null
    return eventsOf(request)?.length === 0 ? { response: new Response() } : null
  },

  parts(request, { split }) {
    const events = split ? eventsOf(request) : null
    const within = events === null ? null : memberRange(request.body, 'events')
    const ranges = within === null ? null : elementRanges(request.body, within)
    if (events === null || ranges === null) return null
    return ranges.map(({ start, end }, i) => {
      const { type, dedupeKey } = verifiedOf(events[i])
      return {
        type,
        dedupeKey,
        body: request.body.subarray(start, end),
        contentType: 'application/json',
      }
    })
  },

  accepted: () => new Response(),
})
