import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the event's `type`. Dedupe: the event's `id`; the outer `id` and `attempt_number` are the delivery's. */
export const coinbaseCommerce = hmacSource({
  title: 'Coinbase Commerce',
  documentation: 'https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security',
  signing: { header: 'x-cc-webhook-signature', encoding: 'lower-hex', signed: ['body'] },
  typeIs: '`event.type` of the body',
  dedupeKeyIs: '`event.id` of the body',
  eventTypes: [
    'charge:created',
    'charge:pending',
    'charge:confirmed',
    'charge:delayed',
    'charge:failed',
    'charge:resolved',
  ],
  steps: [
    'Open Coinbase Commerce, then Settings, Notifications, Webhook subscriptions.',
    "Add an endpoint with this source's URL.",
    'Show the shared secret and copy it into this source.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'event', 'type')),
    dedupeKey: keyFrom(textAt(json, 'event', 'id')),
  }),
  accepted: () => new Response(),
})
