import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event`. Dedupe: its `event_id`. Of AfterShip's products only Tracking signs in this way. */
export const aftership = hmacSource({
  title: 'AfterShip Tracking',
  documentation: 'https://www.aftership.com/docs/tracking/webhook/webhook-signature',
  signing: { header: 'aftership-hmac-sha256', encoding: 'base64', signed: ['body'] },
  typeIs: '`event` of the body',
  dedupeKeyIs: '`event_id` of the body',
  eventTypes: ['tracking_update', 'edd_revise', 'tracking_pending_time'],
  steps: [
    'Open AfterShip Tracking, then the settings of its webhooks, and copy the webhook secret into this source.',
    "Add a webhook. URL: this source's URL. Choose the newest version and the events, and save.",
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'event')),
    dedupeKey: keyFrom(textAt(json, 'event_id')),
  }),
})
