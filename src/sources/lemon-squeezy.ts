import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { plainOk } from './schemes/answers.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: `meta.event_name`, which is signed, where the header X-Event-Name is not. Dedupe: the body's digest, for no delivery has an id. */
export const lemonSqueezy = hmacSource({
  title: 'Lemon Squeezy',
  documentation: 'https://docs.lemonsqueezy.com/help/webhooks/signing-requests',
  signing: { header: 'x-signature', encoding: 'lower-hex', signed: ['body'] },
  typeIs: '`meta.event_name` of the body',
  dedupeKeyIs: 'the digest of the body',
  eventTypes: [
    'order_created',
    'order_refunded',
    'subscription_created',
    'subscription_updated',
    'subscription_payment_success',
    'license_key_created',
  ],
  steps: [
    'Open the Lemon Squeezy dashboard, then Settings, Webhooks, and add one.',
    "Callback URL: this source's URL. Signing secret: the secret of this source (6 to 40 characters).",
    'Choose the events and save.',
  ],
  read: ({ body }, json) => ({
    type: typeFrom(textAt(json, 'meta', 'event_name')),
    dedupeKey: bodyDigest(body),
  }),
  // Anything but exactly 200 is sent again, three times.
  accepted: plainOk,
})
