import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Webhooks v3. Type: the event's `event_type`. Dedupe: `X-Webhook-Id`, the same for every attempt. While a secret is
 * rotated there is a `v1` of each: any may fit.
 */
export const pagerduty = hmacSource({
  title: 'PagerDuty',
  documentation: 'https://docs.pagerduty.com/developer/verifying-webhook-signatures',
  signing: {
    header: 'x-pagerduty-signature',
    encoding: 'lower-hex',
    fields: { signature: 'v1' },
    signed: ['body'],
  },
  typeIs: '`event.event_type` of the body',
  dedupeKeyIs: 'the header X-Webhook-Id, else `event.id` of the body',
  eventTypes: [
    'incident.triggered',
    'incident.acknowledged',
    'incident.escalated',
    'incident.priority_updated',
    'incident.resolved',
    'service.updated',
    'pagey.ping',
  ],
  steps: [
    'Open PagerDuty, then Integrations, Generic Webhooks (v3), New webhook.',
    "Webhook URL: this source's URL. Choose the scope and the events.",
    'Copy the secret into this source. It is shown once.',
  ],
  read: ({ headers }, json) => ({
    type: typeFrom(textAt(json, 'event', 'event_type')),
    dedupeKey: keyFrom(headers.get('x-webhook-id') ?? textAt(json, 'event', 'id')),
  }),
})
