import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { toHex } from '../signing/encodings.ts'
import { hmac } from '../signing/hmac.ts'
import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const signing: Signing = {
  header: 'x-zm-signature',
  encoding: 'lower-hex',
  prefix: 'v0=',
  signed: [utf8('v0:'), 'timestamp', utf8(':'), 'body'],
}

function problemOf(
  request: SourceRequest,
  secrets: readonly string[],
  toleranceS: number,
  world: World,
): Promise<Refusal | null> {
  const timestamp = { header: 'x-zm-request-timestamp', unit: 's', toleranceS } as const
  return hmacProblem(request, { ...signing, timestamp }, 'sha256', secrets.map(utf8), world)
}

/**
 * Type: `event`. Dedupe: the digest of the body, since Zoom gives no id: time and meeting are the same for two people who join
 * at once.
 */
export const zoom = defineSource({
  title: 'Zoom',
  documentation: 'https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events',
  config: z.strictObject({ secret: Secret, tolerance_s: ToleranceS }),
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: '`event`',
  dedupeKeyIs: 'the digest of the body',
  eventTypes: [
    'meeting.started',
    'meeting.ended',
    'meeting.participant_joined',
    'recording.completed',
    'webinar.started',
  ],
  steps: [
    'Open marketplace.zoom.us, Manage, and choose the app.',
    'Copy the secret token (Features, Access) into this source, and save the source.',
    "Add an event subscription with this source's URL as the event notification endpoint.",
    'Press Validate, choose the events, and save.',
  ],

  async verify(request, { secret, tolerance_s }, world) {
    const problem = await problemOf(request, secret, tolerance_s, world)
    if (problem !== null) return err(problem)
    return ok({
      type: typeFrom(textAt(parseJson(request.body), 'event')),
      dedupeKey: bodyDigest(request.body),
    })
  },

  /** Answered with the very secret that the question was signed with. Zoom asks again every 72 hours. */
  async handshake(request, { secret, tolerance_s }, world) {
    for (const one of secret) {
      if ((await problemOf(request, [one], tolerance_s, world)) !== null) continue
      const json = parseJson(request.body)
      const plainToken = textAt(json, 'payload', 'plainToken')
      if (textAt(json, 'event') !== 'endpoint.url_validation' || plainToken === undefined)
        return null
      const encryptedToken = toHex(hmac('sha256', utf8(one), utf8(plainToken)))
      return { response: Response.json({ plainToken, encryptedToken }) }
    }
    return null
  },

  /** Anything but 200 and 204 is a failure to Zoom. */
  accepted: plainOk,
})
