import { textAt } from '../mapping/look.ts'
import { headerOf } from './address.ts'
import { headersOf, json, jsonType } from './provider.ts'
import type { Provider } from './provider.ts'

/** https://resend.com/docs/api-reference/emails/send-email, and …/errors */
export const resend: Provider = {
  host: () => 'https://api.resend.com',
  request: ({ from, to, replyTo, subject, text, html }, { api_key }, { deliveryId }) => ({
    path: '/emails',
    headers: {
      ...jsonType,
      authorization: `Bearer ${api_key}`,
      'idempotency-key': deliveryId,
    },
    ...json({
      from: headerOf(from),
      to: headersOf(to),
      subject,
      html,
      text,
      ...(replyTo === null ? {} : { reply_to: headerOf(replyTo) }),
    }),
  }),
  secretHeader: 'authorization',
  table: [
    { code: ['concurrent_idempotent_requests'], status: 409, is: 'retry' },
    { code: ['invalid_api_key', 'suspended_api_key'], status: [400, 403], is: 'credentials' },
  ],
  codes: (body) => [textAt(body, ['name'])?.toLowerCase() ?? ''],
  wait(headers) {
    // Seconds, by the draft of RateLimit header fields that Resend keeps to.
    const reset = headers.get('retry-after') === null ? headers.get('ratelimit-reset') : null
    return reset !== null && /^\d+$/.test(reset) ? Number(reset) * 1000 : null
  },
}
