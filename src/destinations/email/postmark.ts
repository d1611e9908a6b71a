import { textAt } from '../mapping/look.ts'
import { headerOf } from './address.ts'
import { headersOf, json, jsonType } from './provider.ts'
import type { Provider } from './provider.ts'

/** https://postmarkapp.com/developer/api/email-api, and …/overview#error-codes */
export const postmark: Provider = {
  host: () => 'https://api.postmarkapp.com',
  request: ({ from, to, replyTo, subject, text, html }, { api_key, stream }) => ({
    path: '/email',
    headers: { ...jsonType, 'x-postmark-server-token': api_key },
    ...json({
      From: headerOf(from),
      To: headersOf(to).join(', '),
      ...(replyTo === null ? {} : { ReplyTo: headerOf(replyTo) }),
      Subject: subject,
      HtmlBody: html,
      TextBody: text,
      ...(stream === undefined ? {} : { MessageStream: stream }),
    }),
  }),
  secretHeader: 'x-postmark-server-token',
  table: [
    { code: ['100'], is: 'retry' }, // Maintenance
    { code: ['10', '400', '401', '405', '412', '413'], status: [200, 499], is: 'credentials' }, // Token, signature, account
    { code: ['429'], is: 'rate_limited' },
    { code: ['error'], status: [200, 299], is: 'refused' }, // 406: the recipient is inactive
  ],
  codes(body) {
    const code = textAt(body, ['ErrorCode']) ?? '0'
    return code === '0' ? [] : [code, 'error']
  },
}
