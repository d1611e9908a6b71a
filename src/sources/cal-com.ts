import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * A webhook without a secret sends `no-secret-provided` as its signature, and is refused. Type: `triggerEvent`, which a custom
 * payload template may leave out. Dedupe: the body's digest.
 */
export const calCom = hmacSource({
  title: 'Cal.com',
  documentation: 'https://cal.com/docs/core-features/webhooks',
  signing: { header: 'x-cal-signature-256', encoding: 'lower-hex', signed: ['body'] },
  typeIs: '`triggerEvent` of the body',
  dedupeKeyIs: 'the digest of the body',
  eventTypes: [
    'BOOKING_CREATED',
    'BOOKING_RESCHEDULED',
    'BOOKING_CANCELLED',
    'BOOKING_REQUESTED',
    'MEETING_ENDED',
    'FORM_SUBMITTED',
  ],
  steps: [
    'Open Cal.com, then Settings, Developer, Webhooks, New.',
    "Subscriber URL: this source's URL. Choose the event triggers.",
    'Secret: the secret of this source. Without it Cal.com signs nothing.',
  ],
  read: ({ body }, json) => ({
    type: typeFrom(textAt(json, 'triggerEvent')),
    dedupeKey: bodyDigest(body),
  }),
})
