import { isJsonObject } from '../model/json.ts'
import type { JsonObject } from '../model/json.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { defineDestination } from './destination.ts'
import type { Message, OutgoingRequest, Stopped } from './destination.ts'
import { hookAddress, hookAt } from './hook-url.ts'
import { jsonRequest } from './json-request.ts'
import { cardFields } from './mapping/card.ts'
import { mappedAt, mappingInvalid, textField } from './mapping/fields.ts'
import { slackOutcome } from './slack/answers.ts'
import { SlackConfig } from './slack/config.ts'
import { contentOf, timestampAt } from './slack/content.ts'

const host = 'https://slack.com'

/** The Web API repeats the message in its answer, and an answer that is cut is no answer. */
const readBytes = 1_048_576

const utf8Json = { 'content-type': 'application/json; charset=utf-8' }

function toWebApi(
  message: Message,
  config: SlackConfig,
  content: JsonObject,
): Result<OutgoingRequest, Stopped> {
  const { token, mode, base_url = host } = config
  if (token === undefined) {
    const outcome = { kind: 'refused', cause: 'credentials' } as const
    return err({ outcome, error: 'The destination is not connected to Slack yet.' })
  }
  const channel = textField(message, 'channel', config.channel ?? null)
  if (!channel.ok) return channel
  if (channel.value === null) return err(mappingInvalid('channel', 'names no channel'))
  const ts = timestampAt(message, mode === 'update' ? 'ts' : 'thread_ts')
  if (!ts.ok) return ts
  if (mode === 'update' && ts.value === null)
    return err(mappingInvalid('ts', 'names no message to update'))
  const address = {
    channel: channel.value,
    ...(ts.value === null ? {} : { [mode === 'update' ? 'ts' : 'thread_ts']: ts.value }),
  }
  const method = mode === 'update' ? 'chat.update' : 'chat.postMessage'
  const headers = { ...utf8Json, authorization: `Bearer ${token}` }
  const url = `${base_url}/api/${method}`
  return ok(jsonRequest(url, headers, { ...address, ...content }, { readBytes }))
}

function requestOf(message: Message, config: SlackConfig): Result<OutgoingRequest, Stopped> {
  const content = contentOf(message)
  if (!content.ok) return content
  const { webhook_url, base_url } = config
  if (webhook_url === undefined) return toWebApi(message, config, content.value)
  const thread = timestampAt(message, 'thread_ts')
  if (!thread.ok) return thread
  const body = thread.value === null ? content.value : { ...content.value, thread_ts: thread.value }
  return ok(jsonRequest(hookAt(webhook_url, base_url), utf8Json, body))
}

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/methods/chat.postMessage */
export const slack = defineDestination({
  title: 'Slack',
  description:
    'Posts each event as a message with blocks, through an incoming webhook or as a bot, or updates one that is there. ' +
    'Slack knows no idempotency key: a message may come twice if its answer was lost. An update may not.',
  config: SlackConfig,
  secrets: ['webhook_url', 'token', 'oauth.client_secret'],
  signing: () => null,
  rateLimit: { limit: 1, per: 'second' },
  addresses: ({ webhook_url, base_url }) =>
    webhook_url === undefined
      ? [{ path: 'base_url', url: base_url ?? host }]
      : [hookAddress('webhook_url', webhook_url, base_url)],
  mapping: [
    ...cardFields,
    {
      name: 'blocks',
      is: 'all blocks instead of those: a list of at most 50; null or empty for the text alone',
    },
    { name: 'thread_ts', is: 'the message to answer in its thread: its ts, a text' },
    { name: 'channel', is: "where a bot posts: a channel's id, or a name for new messages" },
    { name: 'ts', is: 'in the mode "update", the message to change: its ts, a text' },
  ],
  steps: [
    'Open https://api.slack.com/apps, then Create New App, From scratch.',
    'For a webhook: Incoming Webhooks, turn it on, Add New Webhook, choose the channel, and copy the URL.',
    'For a bot: OAuth & Permissions, add the scope chat:write, install the app, and copy the Bot User OAuth Token (xoxb-…).',
    'Or enter the client id and secret of Basic Information as "oauth", and connect. Leave token rotation off.',
    'Invite the bot to its channel: /invite @name.',
    'Buttons open links without more. Slack shows a warning beside them until Interactivity has a Request URL.',
    'Pictures must be public: Slack refuses a whole message for one that it cannot load. Map "image" to null where they are not.',
  ],
  consent: ({ oauth, base_url = host }) =>
    oauth === undefined
      ? null
      : {
          authorizeUrl: `${base_url}/oauth/v2/authorize`,
          tokenUrl: `${base_url}/api/oauth.v2.access`,
          clientId: oauth.client_id,
          clientSecret: oauth.client_secret,
          scopes: ['chat:write'],
          scopeSeparator: ',',
          pkce: false,
          clientAuth: 'body',
          learned(answer) {
            const json = isJsonObject(answer) ? answer : {}
            const { ok: done, access_token: token, refresh_token: rotates } = json
            if (done !== true || typeof token !== 'string')
              return err('Slack gave no token for the bot.')
            return rotates === undefined
              ? ok({ token })
              : err('The app rotates its tokens. Connect one without token rotation.')
          },
        },

  async converse(message, { config }, talk) {
    const answer = await talk.call(() => Promise.resolve(requestOf(message, config)))
    if (!answer.ok) return answer.error
    const outcome = slackOutcome(answer.value, talk.now())
    // A channel that a mapping has chosen ends this delivery, and not those to all others.
    const isOneOfMany =
      config.webhook_url === undefined && mappedAt(message, 'channel') !== undefined
    return outcome.kind === 'refused' && outcome.disable === true && isOneOfMany
      ? { outcome: { kind: 'refused', cause: 'status' } }
      : { outcome }
  },
})
