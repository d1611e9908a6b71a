import { fromHex } from '../signing/encodings.ts'
import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Webhooks of the balance platform and of management, not the older payment notifications, which sign fields and not
 * bytes. The key is the hex that the Customer Area shows, decoded. Type: the body's `type`. Dedupe: the body's digest.
 */
export const adyenPlatform = hmacSource({
  title: 'Adyen (platform webhooks)',
  documentation:
    'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
  signing: { header: 'hmacsignature', encoding: 'base64', signed: ['body'] },
  key: { of: fromHex, error: 'the HMAC key: hex digits, two a byte' },
  typeIs: '`type` of the body',
  dedupeKeyIs: 'a digest of the body',
  eventTypes: [
    'balancePlatform.accountHolder.created',
    'balancePlatform.balanceAccount.updated',
    'balancePlatform.transfer.created',
    'balancePlatform.transfer.updated',
    'balancePlatform.paymentInstrument.updated',
    'balancePlatform.report.created',
  ],
  steps: [
    'Open the Customer Area of the balance platform, then Developers, Webhooks, Webhook.',
    "Choose the type of webhook. Server configuration: this source's URL.",
    'Security, HMAC key: generate one and copy it into this source. It is shown once.',
  ],
  read: ({ body }, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: bodyDigest(body),
  }),
  // Older platforms wait for this very text; newer ones for any 2xx.
  accepted: () => new Response('[accepted]'),
})
