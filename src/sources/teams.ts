import { fromBase64 } from '../signing/encodings.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Type: the activity's (`message`). Dedupe: the activity's `id`. Teams shows the answer to whoever wrote the message, and shows
 * an error for one that is no message: hence the few words.
 */
export const teams = hmacSource({
  title: 'Microsoft Teams (outgoing webhook)',
  documentation:
    'https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook',
  typeIs: "the activity's `type`",
  dedupeKeyIs: "the activity's `id`",
  eventTypes: ['message'],
  steps: [
    'In Teams, open the team, then Manage team, Apps, Create an outgoing webhook.',
    "Callback URL: this source's URL. Create it.",
    'Copy the security token, which Teams shows once, into this source.',
    'Mention the webhook by its name in a channel.',
  ],
  signing: {
    header: 'authorization',
    encoding: 'base64',
    prefix: 'HMAC ',
    signed: ['body'],
  },
  key: { of: fromBase64, error: 'the security token as Teams shows it, in base64' },
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
  accepted: () => Response.json({ type: 'message', text: 'Received.' }),
})
