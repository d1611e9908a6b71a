import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import type { Message, Stopped } from './destination.ts'
import { HookUrl, hookAddress, hookAt } from './hook-url.ts'
import { jsonRequest } from './json-request.ts'
import { cardFieldNames, cardFields, cardOf } from './mapping/card.ts'
import { mappedAt, mappingInvalid } from './mapping/fields.ts'
import { urlWithin } from './mapping/limits.ts'
import { textAt } from './mapping/look.ts'
import { wellFormed } from './mapping/well-formed.ts'
import { outcomeBy } from './outcome-table.ts'
import type { OutcomeRow } from './outcome-table.ts'
import { adaptiveCard, fitted } from './teams/adaptive-card.ts'

/** About 28 KB, all elements of the message included: https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions */
const mostBytes = 28_000
const longestUrl = 4096

const retired =
  /^https?:\/\/(?:[^/]+\.)?(?:webhook\.office\.com|outlook\.office(?:365)?\.com)(?:[:/]|$)/

const Config = z.strictObject({
  url: HookUrl.refine((url) => !retired.test(url), {
    message: 'Office 365 connectors are retired: make a workflow, and enter its URL.',
  }),
  base_url: BaseUrl,
  mapping: mappingOf([...cardFieldNames, 'card']),
})

/**
 * 202 says that the flow has started, not that it has posted. The codes are those of the workflow engine.
 * https://learn.microsoft.com/azure/logic-apps/logic-apps-http-endpoint
 */
const table: readonly OutcomeRow[] = [
  // The flow was deleted (404, or 400 with the state "Deleted") or turned off.
  { code: ['WorkflowNotFound', 'WorkflowTriggerIsNotEnabled', 'WorkflowDisabled'], is: 'gone' },
  // The signature in the URL: of another key, expired, or cut off.
  { status: [401, 403], is: 'credentials' },
]

const envelope = (card: Json): JsonObject => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: card,
    },
  ],
})

const fits = (card: Json): boolean =>
  utf8(JSON.stringify(wellFormed(envelope(card)))).length <= mostBytes

function contentOf(message: Message): Result<JsonObject, Stopped> {
  const mapped = mappedAt(message, 'card')
  if (mapped !== undefined) {
    return isJsonObject(mapped) && mapped['type'] === 'AdaptiveCard'
      ? ok(mapped)
      : err(mappingInvalid('card', 'must be an object of the type "AdaptiveCard"'))
  }
  const card = cardOf(message)
  if (!card.ok) return card
  const link = urlWithin(message, 'link', card.value.link, longestUrl)
  if (!link.ok) return link
  const image = urlWithin(message, 'image', card.value.image, longestUrl)
  if (!image.ok) return image
  return ok(adaptiveCard({ ...card.value, link: link.value, image: image.value }, message.event))
}

/** https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498 */
export const teams = defineDestination({
  title: 'Microsoft Teams',
  description:
    'Posts each event as an Adaptive Card, through a workflow. A workflow takes a card before it posts it, and may still ' +
    'fail: its run history says so. It knows no idempotency key: a card may come twice if its answer was lost.',
  config: Config,
  secrets: ['url'],
  signing: () => null,
  rateLimit: { limit: 100, per: 'minute' },
  addresses: ({ url, base_url }) => [hookAddress('url', url, base_url)],
  mapping: [
    ...cardFields,
    { name: 'card', is: 'another Adaptive Card instead: an object, with all else at most 28 KB' },
  ],
  steps: [
    'Open the channel in Teams, then More options (…), Workflows.',
    'Choose "Send webhook alerts to a channel", check team and channel, and Add workflow.',
    'Copy the URL that it shows. Keep it secret: who has it can post.',
    'Cards are posted by the owner of the workflow: make somebody else an owner too.',
  ],

  async request(message, { config: { url, base_url } }) {
    const content = contentOf(message)
    if (!content.ok) return content
    const card = fitted(content.value, fits)
    if (card === null) {
      const field = mappedAt(message, 'card') === undefined ? 'fields' : 'card'
      return err(mappingInvalid(field, `makes a message of more than ${mostBytes} bytes`))
    }
    return ok(jsonRequest(hookAt(url, base_url), {}, wellFormed(envelope(card))))
  },

  outcome(response, world) {
    const code = textAt(parseJson(response.body), ['error', 'code'])
    return outcomeBy(table, response, world.now(), code === undefined ? [] : [code])
  },
})
