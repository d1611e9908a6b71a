import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Other versions than `v1` in the list are passed over. Type: the body's `type`. Dedupe: its `id`. */
export const circleci = hmacSource({
  title: 'CircleCI',
  documentation: 'https://circleci.com/docs/outbound-webhooks/',
  signing: {
    header: 'circleci-signature',
    encoding: 'lower-hex',
    fields: { signature: 'v1' },
    signed: ['body'],
  },
  typeIs: '`type` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: ['workflow-completed', 'job-completed'],
  steps: [
    'Open the project in CircleCI, then Project Settings, Webhooks, Add Webhook.',
    "Receiver URL: this source's URL. Secret token: the secret of this source.",
    'Choose the events and add. Test Ping Event sends one at once.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
})
