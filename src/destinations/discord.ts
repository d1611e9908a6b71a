import * as z from 'zod'
import type { Json, JsonObject } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, Stopped } from './destination.ts'
import { discordOutcome } from './discord/answers.ts'
import { checkedEmbeds, embedOf, longestUrl } from './discord/embeds.ts'
import { HookUrl, isPrivate } from './hook-url.ts'
import { jsonRequest } from './json-request.ts'
import { cardFieldNames, cardFields, cardOf } from './mapping/card.ts'
import { cut } from './mapping/cut.ts'
import { mappedAt, mappingInvalid, textField, urlField } from './mapping/fields.ts'
import { urlWithin } from './mapping/limits.ts'
import { wellFormed } from './mapping/well-formed.ts'

const host = 'https://discord.com'
const hook = /^https?:\/\/[^/]+\/api(?:\/v\d+)?(\/webhooks\/\d+\/[\w-]+)$/
const ownHost = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\//

const snowflake = /^\d{1,20}$/
const hasButton = (name: string): boolean => name === 'link_text'

const Config = z
  .strictObject({
    webhook_url: HookUrl.regex(hook, 'must be like https://discord.com/api/webhooks/…/…'),
    username: z.string().min(1).max(80).optional(),
    avatar_url: z
      .url({ protocol: /^https?$/ })
      .max(longestUrl)
      .optional(),
    /** A thread of the webhook's channel. */
    thread_id: z.string().regex(snowflake, 'the digits of a thread').optional(),
    base_url: BaseUrl,
    mapping: mappingOf([
      ...cardFieldNames.filter((name) => !hasButton(name)),
      'embeds',
      'content',
      'username',
      'avatar_url',
      'thread_id',
      'thread_name',
    ]),
  })
  .refine(
    ({ webhook_url, base_url }) =>
      base_url !== undefined || ownHost.test(webhook_url) || isPrivate(webhook_url),
    { path: ['webhook_url'], message: 'must be at discord.com' },
  )
type Config = z.infer<typeof Config>

function urlOf({ webhook_url, base_url }: Pick<Config, 'webhook_url' | 'base_url'>): string {
  const own = isPrivate(webhook_url) ? new URL(webhook_url).origin : host
  return `${base_url ?? own}/api/v10${hook.exec(webhook_url)?.[1] ?? ''}`
}

function embedsOf(message: Message): Result<Json[], Stopped> {
  const mapped = mappedAt(message, 'embeds')
  if (mapped !== undefined) return checkedEmbeds(mapped ?? [])
  const card = cardOf(message)
  if (!card.ok) return card
  const link = urlWithin(message, 'link', card.value.link, longestUrl)
  if (!link.ok) return link
  const image = urlWithin(message, 'image', card.value.image, longestUrl)
  if (!image.ok) return image
  const embed = embedOf({ ...card.value, link: link.value, image: image.value }, message.event)
  return embed.ok ? ok([embed.value]) : embed
}

function bodyOf(message: Message, config: Config): Result<JsonObject, Stopped> {
  const embeds = embedsOf(message)
  if (!embeds.ok) return embeds
  const content = textField(message, 'content', null)
  if (!content.ok) return content
  const username = textField(message, 'username', config.username ?? null)
  if (!username.ok) return username
  const avatar = urlField(message, 'avatar_url', config.avatar_url ?? null)
  if (!avatar.ok) return avatar
  const avatarUrl = urlWithin(message, 'avatar_url', avatar.value, longestUrl)
  if (!avatarUrl.ok) return avatarUrl
  const threadName = textField(message, 'thread_name', null)
  if (!threadName.ok) return threadName
  if (embeds.value.length === 0 && content.value === null)
    return err(mappingInvalid('embeds', 'is empty, and there is no content'))
  return ok({
    ...(content.value === null ? {} : { content: cut(content.value, 2000) }),
    embeds: embeds.value.map((embed) => wellFormed(embed)),
    // Nobody is called, whatever stands in the event.
    allowed_mentions: { parse: [] },
    ...(username.value === null ? {} : { username: cut(username.value, 80) }),
    ...(avatarUrl.value === null ? {} : { avatar_url: avatarUrl.value }),
    ...(threadName.value === null ? {} : { thread_name: cut(threadName.value, 100) }),
  })
}

/** https://docs.discord.com/developers/resources/webhook#execute-webhook */
export const discord = defineDestination({
  title: 'Discord',
  description:
    'Posts each event as an embed, through a webhook of a channel. Nobody is mentioned. ' +
    'Discord knows no idempotency key for webhooks: a message may come twice if its answer was lost.',
  config: Config,
  secrets: ['webhook_url'],
  signing: () => null,
  // 5 in 2 seconds, for each webhook.
  rateLimit: { limit: 150, per: 'minute' },
  addresses: (config) => [
    { path: config.base_url === undefined ? 'webhook_url' : 'base_url', url: urlOf(config) },
  ],
  mapping: [
    ...cardFields.filter(({ name }) => !hasButton(name)),
    { name: 'embeds', is: 'all embeds instead of that one: a list of at most 10' },
    { name: 'content', is: 'the words above the embed; text, cut at 2,000 characters' },
    { name: 'username', is: 'who says it; text, cut at 80 characters' },
    { name: 'avatar_url', is: 'its picture: an http(s) URL' },
    { name: 'thread_id', is: 'a thread of the channel: its digits, as a text' },
    { name: 'thread_name', is: 'in a forum, the post to make; text, cut at 100 characters' },
  ],
  steps: [
    'Open the server at Discord, then Server Settings, Integrations, Webhooks, New Webhook.',
    'Choose its name and channel, and Copy Webhook URL.',
    'Keep the URL secret: who has it can post.',
  ],

  async request(message, { config }) {
    const body = bodyOf(message, config)
    if (!body.ok) return body
    const thread = textField(message, 'thread_id', config.thread_id ?? null)
    if (!thread.ok) return thread
    if (thread.value !== null && !snowflake.test(thread.value))
      return err(mappingInvalid('thread_id', 'must be the digits of a thread'))
    // With `wait` the answer comes after the message, and says what was wrong with it.
    const query = `?wait=true${thread.value === null ? '' : `&thread_id=${thread.value}`}`
    return ok(jsonRequest(urlOf(config) + query, {}, body.value))
  },

  outcome: (response, world) => discordOutcome(response, world.now()),
})
