import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Signs the URL as it was entered there, with the body. Type: the body's `type`. Dedupe: its `event_id`. */
export const square = hmacSource({
  title: 'Square',
  documentation: 'https://developer.squareup.com/docs/webhooks/step3validate',
  signing: {
    header: 'x-square-hmacsha256-signature',
    encoding: 'base64',
    signed: ['url', 'body'],
  },
  // The SHA-1 header is older and weaker: it is never a proof here.
  proofHeaders: ['x-square-signature'],
  typeIs: '`type` of the body',
  dedupeKeyIs: '`event_id` of the body',
  eventTypes: [
    'payment.created',
    'payment.updated',
    'order.updated',
    'refund.created',
    'customer.created',
    'catalog.version.updated',
    'inventory.count.updated',
  ],
  steps: [
    'Open the Square developer console, choose the application, then Webhooks, Subscriptions, Add subscription.',
    "URL: this source's URL. Choose the events and save.",
    'Copy the signature key into this source.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(textAt(json, 'event_id')),
  }),
})
