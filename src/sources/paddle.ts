import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Type: the body's `event_type`. Dedupe: its `event_id`, which Paddle names for that. While a secret is rotated there is
 * an `h1` of each: any may fit. Paddle's own tolerance is 5 seconds.
 */
export const paddle = hmacSource({
  title: 'Paddle Billing',
  documentation: 'https://developer.paddle.com/webhooks/about/signature-verification',
  signing: {
    header: 'paddle-signature',
    encoding: 'lower-hex',
    itemSeparator: ';',
    fields: { timestamp: 'ts', signature: 'h1' },
    signed: ['timestamp', utf8(':'), 'body'],
  },
  time: { unit: 's', toleranceS: 5 },
  typeIs: '`event_type` of the body',
  dedupeKeyIs: '`event_id` of the body',
  eventTypes: [
    'transaction.completed',
    'transaction.payment_failed',
    'subscription.created',
    'subscription.updated',
    'subscription.canceled',
    'customer.created',
    'adjustment.created',
  ],
  steps: [
    'Open Paddle, then Developer tools, Notifications, New destination.',
    "Type: webhook. URL: this source's URL. Choose the events and save.",
    'Edit the destination and copy its secret key (pdl_ntfset_…) into this source.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'event_type')),
    dedupeKey: keyFrom(textAt(json, 'event_id')),
  }),
  accepted: () => new Response(),
})
