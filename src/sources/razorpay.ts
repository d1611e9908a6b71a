import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event`. Dedupe: `X-Razorpay-Event-Id`, the same for every delivery of an event. */
export const razorpay = hmacSource({
  title: 'Razorpay',
  documentation: 'https://razorpay.com/docs/webhooks/validate-test/',
  signing: { header: 'x-razorpay-signature', encoding: 'lower-hex', signed: ['body'] },
  typeIs: '`event` of the body',
  dedupeKeyIs: 'the header X-Razorpay-Event-Id',
  eventTypes: [
    'payment.authorized',
    'payment.captured',
    'payment.failed',
    'order.paid',
    'refund.processed',
    'subscription.charged',
  ],
  steps: [
    'Open the Razorpay dashboard, then Account & Settings, Webhooks, Add new webhook.',
    "Webhook URL: this source's URL. Secret: the secret of this source.",
    'Choose the events and create the webhook.',
  ],
  read: ({ headers }, json) => ({
    type: typeFrom(textAt(json, 'event')),
    dedupeKey: keyFrom(headers.get('x-razorpay-event-id')),
  }),
})
