import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { fromHex } from '../signing/encodings.ts'
import { bodyDigest, keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import type { Signing } from './schemes/claim.ts'
import { ed25519Problem } from './schemes/proof.ts'
import { secretOf, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const PublicKey = z
  .string()
  .max(100)
  .refine((text) => fromHex(text)?.length === 32, { error: 'a public key: 64 hex digits' })

const Config = z.strictObject({ public_key: secretOf(PublicKey), tolerance_s: ToleranceS })

const signing: Signing = {
  header: 'x-signature-ed25519',
  encoding: 'lower-hex',
  // Nothing stands between them, yet there is one reading: the time is digits, and a body starts with a brace.
  signed: ['timestamp', 'body'],
}

/** Both kinds of request count their types from the same numbers: an event webhook is told by its `event`, or its type 0. */
const ping = { event: 0, interaction: 1 } as const

/** The interactions by Discord's names, and the answer that leaves it to the app to say something later. */
const interactions = new Map<Json | undefined, { name: string; answer: object }>([
  [2, { name: 'APPLICATION_COMMAND', answer: { type: 5 } }],
  [3, { name: 'MESSAGE_COMPONENT', answer: { type: 6 } }],
  // It cannot be deferred: no suggestions.
  [4, { name: 'APPLICATION_COMMAND_AUTOCOMPLETE', answer: { type: 8, data: { choices: [] } } }],
  [5, { name: 'MODAL_SUBMIT', answer: { type: 5 } }],
])

// Discord wants to see a content type even where there is no content.
const noContent = (): Response =>
  new Response(null, { status: 204, headers: { 'content-type': 'application/json' } })

function problemOf(
  request: SourceRequest,
  { public_key, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const header = 'x-signature-timestamp'
  const timed: Signing = { ...signing, timestamp: { header, unit: 's', toleranceS: tolerance_s } }
  const keys = public_key.map(fromHex).filter((key) => key !== null)
  return ed25519Problem(request, timed, keys, world)
}

const isEvent = (json: Json | undefined): boolean => isJsonObject(valueAt(json, ['event']))

/**
 * Type: an event webhook's `event.type`, an interaction's type by its name (`APPLICATION_COMMAND`). Dedupe: an interaction's `id`; event
 * webhooks have none, so the digest of the body, which holds the event's time. An interaction is answered as "later", so
 * that a destination has the 15 minutes of its token to reply.
 */
export const discord = defineSource({
  title: 'Discord',
  documentation:
    'https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers',
  config: Config,
  secrets: [],
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: "the event's type, or the interaction's type by its name",
  dedupeKeyIs: "the interaction's `id`; for an event, which has none, the digest of the body",
  eventTypes: [
    'APPLICATION_COMMAND',
    'MESSAGE_COMPONENT',
    'MODAL_SUBMIT',
    'APPLICATION_AUTHORIZED',
    'APPLICATION_DEAUTHORIZED',
    'ENTITLEMENT_CREATE',
  ],
  steps: [
    'Open discord.com/developers/applications and choose the app.',
    'Copy the public key (General Information) into this source, and save the source.',
    "For interactions: enter this source's URL under General Information, Interactions Endpoint URL. Discord checks it at once.",
    "For events: enter this source's URL under Webhooks, Endpoint, turn events on and choose them.",
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    const json = parseJson(request.body)
    if (isEvent(json)) {
      return ok({
        type: typeFrom(textAt(json, 'event', 'type')),
        dedupeKey: bodyDigest(request.body),
      })
    }
    const interaction = interactions.get(valueAt(json, ['type']))
    return ok({ type: typeFrom(interaction?.name), dedupeKey: keyFrom(textAt(json, 'id')) })
  },

  /** To a wrong signature, with which Discord tries out an endpoint, the answer is `verify`'s 401. */
  async handshake(request, config, world) {
    if ((await problemOf(request, config, world)) !== null) return null
    const json = parseJson(request.body)
    const type = valueAt(json, ['type'])
    if (isEvent(json)) return null
    if (type === ping.event) return { response: noContent() }
    return type === ping.interaction ? { response: Response.json({ type: 1 }) } : null
  },

  accepted({ body }) {
    const json = parseJson(body)
    const interaction = isEvent(json) ? undefined : interactions.get(valueAt(json, ['type']))
    return interaction === undefined ? noContent() : Response.json(interaction.answer)
  },
})
