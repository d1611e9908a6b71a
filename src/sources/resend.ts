import { svix } from './svix.ts'
import { defineSource } from './source.ts'

/** Sent through Svix. Type: the body's `type`. Dedupe: `svix-id`. */
export const resend = defineSource({
  ...svix,
  title: 'Resend',
  documentation: 'https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests',
  eventTypes: [
    'email.sent',
    'email.delivered',
    'email.delivery_delayed',
    'email.bounced',
    'email.complained',
    'email.opened',
    'email.clicked',
    'email.received',
  ],
  steps: [
    'Open the Resend dashboard, then Webhooks, Add Webhook.',
    "Endpoint URL: this source's URL. Choose the events and add.",
    'Copy the signing secret (whsec_…) of the webhook into this source.',
  ],
})
