import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { JsonObject } from '../model/json.ts'
import { nestsDeeperThan } from '../model/raw-json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { bodyDigest, textAt, typeFrom, valueAt } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { sameCredential } from './schemes/credential.ts'
import { Secret, secretPaths } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest } from './source.ts'

const field = 'passcode'

/** The body, once its passcode is one of ours. It is the only proof there is, so it is read before anything is proved. */
function proved({ body }: SourceRequest, passcodes: string[]): Result<JsonObject, Refusal> {
  const json = parseJson(body)
  if (!isJsonObject(json)) return err({ reason: 'malformed_body', detail: 'no JSON object' })
  const given = valueAt(json, [field])
  if (given === undefined || given === '') return err({ reason: 'missing_field', field })
  const known =
    typeof given === 'string' && passcodes.some((one) => sameCredential(utf8(given), utf8(one)))
  return known ? ok(json) : err({ reason: 'credentials_mismatch' })
}

/** One publication sends several events that differ in their lists alone; a retry differs in `retries`. */
function digestOf(body: Uint8Array, event: JsonObject): string {
  if (nestsDeeperThan(body, 64)) return bodyDigest(body)
  const told = Object.entries(event).filter(([name]) => name !== field && name !== 'retries')
  return bodyDigest(utf8(JSON.stringify(told)))
}

/**
 * Nothing is signed: Figma sends back the passcode that it was given, in the body. Type: the body's `event_type`. Dedupe: a
 * digest of the body without its passcode and its count of retries, as Figma gives events no id.
 */
export const figma = defineSource({
  title: 'Figma',
  documentation: 'https://developers.figma.com/docs/rest-api/webhooks-security/',
  config: z.strictObject({ passcode: Secret }),
  secrets: secretPaths(field),
  proofHeaders: [],
  methods: ['POST'],
  typeIs: '`event_type` of the body',
  dedupeKeyIs: 'a digest of the body, without `passcode` and `retries`',
  eventTypes: [
    'FILE_UPDATE',
    'FILE_VERSION_UPDATE',
    'FILE_DELETE',
    'FILE_COMMENT',
    'LIBRARY_PUBLISH',
    'DEV_MODE_STATUS_UPDATE',
  ],
  steps: [
    'Choose a passcode of at most 100 characters and set it in this source.',
    "Make the webhook with Figma's API: POST /v2/webhooks with event_type, context, context_id, that passcode, and endpoint, this source's URL.",
    'Figma sends a PING at once, which is answered and makes no event.',
  ],

  verify(request, { passcode }) {
    const event = proved(request, passcode)
    if (!event.ok) return event
    return ok({
      type: typeFrom(textAt(event.value, 'event_type')),
      dedupeKey: digestOf(request.body, event.value),
    })
  },

  handshake(request, { passcode }) {
    const event = proved(request, passcode)
    const isPing = event.ok && textAt(event.value, 'event_type') === 'PING'
    return isPing ? { response: plainOk() } : null
  },

  accepted: plainOk,
})
