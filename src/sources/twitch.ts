import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom, valueAt } from './payload.ts'
import { echo } from './schemes/answers.ts'
import type { Signing } from './schemes/claim.ts'
import { hmacProblem } from './schemes/proof.ts'
import { Secret, secretPaths, toleranceOf } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const Config = z.strictObject({ secret: Secret, tolerance_s: toleranceOf(600) })

const idHeader = 'twitch-eventsub-message-id'

const signing: Signing = {
  header: 'twitch-eventsub-message-signature',
  encoding: 'lower-hex',
  prefix: 'sha256=',
  signed: ['id', 'timestamp', 'body'],
  idHeader,
}

// Nothing stands between id, time and body. Without a colon in the id the first one is the time's, and where the time stands is
// settled; with one, an id could swallow the old time and a part of the body, up to another time that is written there.
const plainId = /^[\w.=+/-]{1,200}$/

async function problemOf(
  request: SourceRequest,
  { secret, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const id = request.headers.get(idHeader) ?? ''
  if (id !== '' && !plainId.test(id)) return { reason: 'malformed_header', header: idHeader }
  const header = 'twitch-eventsub-message-timestamp'
  const timed: Signing = { ...signing, timestamp: { header, unit: 'iso', toleranceS: tolerance_s } }
  return hmacProblem(request, timed, 'sha256', secret.map(utf8), world)
}

/**
 * Type: the subscription's (`stream.online`). Dedupe: `Twitch-Eventsub-Message-Id`, the same in Twitch's retries. The header that says
 * what kind of message it is is not signed, so that the signed body must say the same before anything is answered.
 */
export const twitch = defineSource({
  title: 'Twitch EventSub',
  documentation:
    'https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#verifying-the-event-message',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs: "the subscription's type",
  dedupeKeyIs: 'the header Twitch-Eventsub-Message-Id',
  eventTypes: [
    'stream.online',
    'stream.offline',
    'channel.follow',
    'channel.subscribe',
    'channel.cheer',
    'channel.update',
  ],
  steps: [
    'Make up a secret of 10 to 100 ASCII characters and enter it in this source.',
    "Subscribe with POST https://api.twitch.tv/helix/eventsub/subscriptions: transport.method webhook, transport.callback this source's URL, transport.secret that secret.",
    'Twitch checks the URL at once, and tells when it revokes a subscription.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    return ok({
      type: typeFrom(
        textAt(parseJson(request.body), 'subscription', 'type'),
        request.headers.get('twitch-eventsub-subscription-type'),
      ),
      dedupeKey: keyFrom(request.headers.get(idHeader)),
    })
  },

  async handshake(request, config, world) {
    const kind = request.headers.get('twitch-eventsub-message-type')
    if (kind !== 'webhook_callback_verification' && kind !== 'revocation') return null
    if ((await problemOf(request, config, world)) !== null) return null
    const json = parseJson(request.body)
    if (kind === 'webhook_callback_verification') {
      const challenge = textAt(json, 'challenge')
      return challenge === undefined ? null : { response: echo(challenge) }
    }
    const status = textAt(json, 'subscription', 'status')
    const isEvent = valueAt(json, ['event']) !== undefined || status === 'enabled'
    if (isEvent || status === undefined) return null
    return { response: new Response(null, { status: 204 }), revoked: status }
  },
})
