import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { formOf, jsonOrPayload, keyFrom, textAt, typeFrom } from './payload.ts'
import { echo, plainOk } from './schemes/answers.ts'
import { hmacProblem } from './schemes/proof.ts'
import type { Signing } from './schemes/claim.ts'
import { Secret, secretPaths, ToleranceS } from './settings.ts'
import { defineSource } from './source.ts'
import type { SourceRequest, World } from './source.ts'

const Config = z.strictObject({ secret: Secret, tolerance_s: ToleranceS })

const signing: Signing = {
  header: 'x-slack-signature',
  encoding: 'lower-hex',
  prefix: 'v0=',
  signed: [utf8('v0:'), 'timestamp', utf8(':'), 'body'],
}

function problemOf(
  request: SourceRequest,
  { secret, tolerance_s }: z.infer<typeof Config>,
  world: World,
): Promise<Refusal | null> {
  const header = 'x-slack-request-timestamp'
  const timed: Signing = { ...signing, timestamp: { header, unit: 's', toleranceS: tolerance_s } }
  return hmacProblem(request, timed, 'sha256', secret.map(utf8), world)
}

const isSslCheck = (request: SourceRequest): boolean =>
  request.method === 'POST' && formOf(request)?.get('ssl_check') === '1'

/** A token and `ssl_check`, with room for more. Nothing longer is read before it is proved. */
const longestProbe = 1000

/**
 * Slack looks at a command's URL now and then, to see whether its certificate holds, and need not sign that. The empty answer gives
 * nothing away. https://docs.slack.dev/interactivity/implementing-slash-commands
 */
const isUnsignedProbe = (request: SourceRequest): boolean =>
  !request.headers.has(signing.header) && request.body.length <= longestProbe && isSslCheck(request)

/** What an event type may hold, and no more of it than a type has room for. */
const asWord = (text: string): string => text.replaceAll(/[^\w-]+/g, '_').slice(0, 100)

/** A press of a button (or another element) of a message, by the name that the message's author gave it. */
function actionOf(json: Json | undefined): string | null {
  if (textAt(json, 'type') !== 'block_actions') return null
  const id = textAt(json, 'actions', 0, 'action_id')
  return id === undefined ? null : `slack.action.${asWord(id)}`
}

/**
 * Type: the inner event's (`message`), `slack.action.<action_id>` for a button, another interaction's (`view_submission`), or a
 * slash command's name (`/deploy`).
 * Dedupe: `event_id`, the same in Slack's retries; an interaction's or command's `trigger_id`.
 */
export const slack = defineSource({
  title: 'Slack',
  documentation: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [signing.header],
  methods: ['POST'],
  typeIs:
    "the inner event's type, slack.action.<action_id> for a button, another interaction's type, or the command's name",
  dedupeKeyIs: '`event_id`, else `trigger_id`',
  eventTypes: [
    'message',
    'app_mention',
    'reaction_added',
    'slack.action.approve',
    'view_submission',
  ],
  steps: [
    'Open api.slack.com/apps and choose the app.',
    'Copy the signing secret (Basic Information, App Credentials) into this source.',
    "Event Subscriptions: turn on, and enter this source's URL. Slack checks it at once.",
    'For buttons and commands, enter the same URL under Interactivity and Slash Commands.',
  ],

  async verify(request, config, world) {
    const problem = await problemOf(request, config, world)
    if (problem !== null) return err(problem)
    // Events are JSON, interactions JSON in a form's `payload`, commands a plain form.
    const json = jsonOrPayload(request)
    const form = formOf(request)
    return ok({
      type: typeFrom(
        textAt(json, 'event', 'type'),
        actionOf(json),
        textAt(json, 'type'),
        form?.get('command'),
      ),
      dedupeKey: keyFrom(
        textAt(json, 'event_id') ?? textAt(json, 'trigger_id') ?? form?.get('trigger_id'),
      ),
    })
  },

  /** https://docs.slack.dev/reference/events/url_verification */
  async handshake(request, config, world) {
    if (isUnsignedProbe(request)) return { response: plainOk() }
    if ((await problemOf(request, config, world)) !== null) return null
    if (isSslCheck(request)) return { response: plainOk() }
    const json = parseJson(request.body)
    const challenge = textAt(json, 'challenge')
    if (textAt(json, 'type') !== 'url_verification' || challenge === undefined) return null
    return { response: echo(challenge) }
  },

  /** A command's answer is shown to the one who typed it: say nothing. Slack waits three seconds. */
  accepted: plainOk,
})
