import type { Json } from '../../model/json.ts'
import { textAt } from '../mapping/look.ts'
import type { Address } from './address.ts'
import type { Mail } from './mail.ts'
import { json, jsonType, noCodes } from './provider.ts'
import type { Provider } from './provider.ts'

const person = ({ email, name }: Address): { [key: string]: Json } => ({
  email,
  ...(name === null ? {} : { name }),
})

/** The form that SendGrid has made common. */
const personalized = ({ from, to, replyTo, subject, text, html }: Mail) => ({
  personalizations: [{ to: to.map(person) }],
  from: person(from),
  ...(replyTo === null ? {} : { reply_to: person(replyTo) }),
  subject,
  content: [
    { type: 'text/plain', value: text },
    { type: 'text/html', value: html },
  ],
})

/** https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send */
export const sendgrid: Provider = {
  host: ({ region }) => `https://api.${region === 'eu' ? 'eu.' : ''}sendgrid.com`,
  request: (mail, { api_key }) => ({
    path: '/v3/mail/send',
    headers: { ...jsonType, authorization: `Bearer ${api_key}` },
    ...json(personalized(mail)),
  }),
  secretHeader: 'authorization',
  table: [],
  codes: noCodes,
  wait(headers, nowMs) {
    const reset = Number(headers.get('x-ratelimit-reset') ?? '')
    return reset > 0 ? Math.max(reset * 1000 - nowMs, 0) : null
  },
}

/** https://docs.mailchannels.net/email-api/api-reference/send-a-message-over-mail-channels-api */
export const mailchannels: Provider = {
  host: () => 'https://api.mailchannels.net',
  request: (mail, { api_key }) => ({
    path: '/tx/v1/send',
    headers: { ...jsonType, 'x-api-key': api_key },
    ...json(personalized(mail)),
  }),
  secretHeader: 'x-api-key',
  // Said for a wrong key, a key without the scope, and a domain that is locked to another account.
  table: [
    { status: 403, is: 'credentials' },
    // Taken, and yet not sent: there is one message only, so nobody has it.
    { status: [200, 299], code: ['failed'], is: 'retry' },
  ],
  codes: (body) => [textAt(body, ['results', 0, 'status']) ?? ''],
}
