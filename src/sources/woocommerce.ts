import { toText, utf8 } from '../signing/bytes.ts'
import { bodyDigest, formOf, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'
import { defineSource } from './source.ts'

const signatureHeader = 'x-wc-webhook-signature'

const entity = /&(?:quot|lt|gt|amp|#0*(?:34|38|39|60|62)|#[xX]0*(?:22|26|27));/g
const named: Record<string, string> = { quot: '"', lt: '<', gt: '>', amp: '&' }

/** WordPress's `wp_specialchars_decode(…, ENT_QUOTES)`: these entities and no other (not `&#x3c;`), once over. */
const decodeEntities = (text: string): string =>
  text.replaceAll(entity, (whole) => {
    const name = whole.slice(1, -1)
    const code = name.slice(1).toLowerCase()
    return named[name] ?? String.fromCharCode(Number(code.startsWith('x') ? `0${code}` : code))
  })

const preset = hmacSource({
  title: 'WooCommerce',
  documentation: 'https://woocommerce.com/document/webhooks/',
  signing: { header: signatureHeader, encoding: 'base64', signed: ['body'] },
  key: { of: (secret) => utf8(decodeEntities(secret)), error: 'a non-empty text' },
  typeIs: 'the header X-WC-Webhook-Topic',
  dedupeKeyIs: 'the header X-WC-Webhook-Delivery-ID and a digest of the body',
  eventTypes: [
    'order.created',
    'order.updated',
    'order.deleted',
    'product.created',
    'product.updated',
    'customer.created',
    'customer.updated',
    'coupon.created',
  ],
  steps: [
    'Open WordPress, then WooCommerce, Settings, Advanced, Webhooks, Add webhook.',
    "Status: active. Delivery URL: this source's URL. Secret: the secret of this source.",
    'Choose the topic and save. WooCommerce pings the URL at once.',
  ],
  read: ({ headers, body }) => ({
    type: typeFrom(headers.get('x-wc-webhook-topic')),
    dedupeKey: `${headers.get('x-wc-webhook-delivery-id') ?? ''}:${bodyDigest(body)}`,
  }),
  accepted: () => new Response(),
})

/**
 * Type: the topic (`order.created`). Dedupe: the delivery id, which is made of webhook and second and so is the same for
 * two deliveries in one second, with the body's digest.
 */
export const woocommerce = defineSource({
  ...preset,

  /** When a webhook is saved it is pinged, unsigned, and not saved unless the answer is exactly 200. */
  handshake(request) {
    if (request.headers.has(signatureHeader) || request.body.length > 40) return null
    if (request.method !== 'POST' || formOf(request) === null) return null
    return /^webhook_id=\d+$/.test(toText(request.body)) ? { response: new Response() } : null
  },
})
