import { utf8 } from '../signing/bytes.ts'
import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event`. Dedupe: the body's digest, for there is no id. The tolerance is that of Calendly's sample. */
export const calendly = hmacSource({
  title: 'Calendly',
  documentation: 'https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures',
  signing: {
    header: 'calendly-webhook-signature',
    encoding: 'lower-hex',
    fields: { timestamp: 't', signature: 'v1' },
    signed: ['timestamp', utf8('.'), 'body'],
  },
  time: { unit: 's', toleranceS: 180 },
  typeIs: '`event` of the body',
  dedupeKeyIs: 'a digest of the body',
  eventTypes: [
    'invitee.created',
    'invitee.canceled',
    'invitee_no_show.created',
    'invitee_no_show.deleted',
    'routing_form_submission.created',
  ],
  steps: [
    'Choose a signing key (for an OAuth app, copy the one that Calendly made) and enter it in this source.',
    "Create a webhook subscription (POST /webhook_subscriptions) with this source's URL as `url` and the key as `signing_key`.",
  ],
  read: ({ body }, json) => ({
    type: typeFrom(textAt(json, 'event')),
    dedupeKey: bodyDigest(body),
  }),
})
