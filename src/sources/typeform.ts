import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event_type`. Dedupe: its `event_id`. */
export const typeform = hmacSource({
  title: 'Typeform',
  documentation: 'https://www.typeform.com/developers/webhooks/secure-your-webhooks/',
  signing: {
    header: 'typeform-signature',
    encoding: 'base64',
    prefix: 'sha256=',
    signed: ['body'],
  },
  typeIs: '`event_type` of the body',
  dedupeKeyIs: '`event_id` of the body',
  eventTypes: ['form_response', 'form_response_partial'],
  steps: [
    'Open the form, then Connect, Webhooks, Add a webhook.',
    "Enter this source's URL and save.",
    'Edit the webhook, set the secret of this source as its secret, and turn the webhook on.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'event_type')),
    dedupeKey: keyFrom(textAt(json, 'event_id')),
  }),
})
