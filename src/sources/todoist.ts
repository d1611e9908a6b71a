import { keyFrom, textAt, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event_name`. Dedupe: `X-Todoist-Delivery-ID`, the same in Todoist's retries. */
export const todoist = hmacSource({
  title: 'Todoist',
  documentation: 'https://developer.todoist.com/api/v1/#tag/Webhooks',
  signing: { header: 'x-todoist-hmac-sha256', encoding: 'base64', signed: ['body'] },
  typeIs: '`event_name` of the body',
  dedupeKeyIs: 'the header X-Todoist-Delivery-ID',
  eventTypes: [
    'item:added',
    'item:updated',
    'item:completed',
    'item:deleted',
    'note:added',
    'project:added',
  ],
  steps: [
    'Open the Todoist App Management Console and choose the app.',
    "Webhook callback URL: this source's URL. Choose the events and activate the webhook.",
    "Copy the app's client secret into this source.",
    'Events are sent for users who have authorized the app, you included.',
  ],
  read: ({ headers }, json) => ({
    type: typeFrom(textAt(json, 'event_name')),
    dedupeKey: keyFrom(headers.get('x-todoist-delivery-id')),
  }),
  /** Any other status counts as failed. */
  accepted: plainOk,
})
