import * as z from 'zod'
import { parseJson } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import { ok } from '../model/result.ts'
import { BaseUrl } from './base-url.ts'
import { defineDestination } from './destination.ts'
import { AddressText, mostRecipients } from './email/address.ts'
import { sendByBinding } from './email/cloudflare.ts'
import { mailOf } from './email/mail.ts'
import { mailgun } from './email/mailgun.ts'
import { postmark } from './email/postmark.ts'
import type { Provider } from './email/provider.ts'
import { resend } from './email/resend.ts'
import { mailchannels, sendgrid } from './email/sendgrid.ts'
import { cardFieldNames, cardFields } from './mapping/card.ts'
import { outcomeBy } from './outcome-table.ts'

const envelope = {
  from: AddressText,
  to: z.union([AddressText, z.array(AddressText).min(1).max(mostRecipients)]).optional(),
  reply_to: AddressText.optional(),
  mapping: mappingOf(['to', 'subject', 'plain_text', 'html', ...cardFieldNames]),
}

const byHttp = {
  ...envelope,
  api_key: z.string().regex(/^[\x21-\x7e]{1,500}$/, 'visible ASCII characters without spaces'),
  base_url: BaseUrl,
}

const region = z.literal('eu').optional()
const domain = z.string().regex(/^[\w.-]{1,255}$/, 'a domain, like mg.example.com')
const stream = z.string().regex(/^[\w-]{1,100}$/, 'the ID of a stream, like outbound')
const binding = z.string().regex(/^[A-Za-z_]\w{0,99}$/, 'the name of a binding, like EMAIL')

const Config = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('cloudflare'),
    ...envelope,
    binding: binding.default('EMAIL'),
  }),
  z.strictObject({ provider: z.literal('resend'), ...byHttp }),
  z.strictObject({ provider: z.literal('sendgrid'), ...byHttp, region }),
  z.strictObject({ provider: z.literal('mailgun'), ...byHttp, region, domain: domain.optional() }),
  z.strictObject({ provider: z.literal('postmark'), ...byHttp, stream: stream.optional() }),
  z.strictObject({ provider: z.literal('mailchannels'), ...byHttp }),
])
type Config = z.infer<typeof Config>
type HttpConfig = Exclude<Config, { provider: 'cloudflare' }>

const providers: Readonly<Record<HttpConfig['provider'], Provider>> = {
  mailchannels,
  mailgun,
  postmark,
  resend,
  sendgrid,
}

const baseOf = (config: HttpConfig): string =>
  config.base_url ?? providers[config.provider].host(config)

/** A mail for each event, by Cloudflare's binding or a provider's API. */
export const email = defineDestination({
  title: 'E-mail',
  description:
    'Sends each event as a mail, in text and HTML, by Cloudflare Email Service, Resend, SendGrid, Mailgun, Postmark or MailChannels. Resend knows a retry by its key for 24 hours. The others know no repeats: a mail whose answer was lost on the way is sent again, so it may arrive twice.',
  config: Config,
  secrets: ['api_key'],
  signing: () => null,
  rateLimit: null,
  addresses: (config) =>
    config.provider === 'cloudflare' ? [] : [{ path: 'base_url', url: baseOf(config) }],
  mapping: [
    { name: 'to', is: `an address, or a list of at most ${mostRecipients}` },
    { name: 'subject', is: 'one line of text, cut at 998 characters; else the title' },
    { name: 'plain_text', is: 'the whole mail as text, instead of what follows' },
    { name: 'html', is: 'the whole mail as HTML, instead of what follows' },
    ...cardFields,
  ],
  steps: [
    'Choose a provider, and verify with it the domain of the address that you send from.',
    'Create an API key there that may send mail and nothing else, and enter it (Postmark: the server token).',
    'Cloudflare needs no key: bind a mailer in wrangler.toml under [[send_email]], deploy, and enter its name.',
    'Mailgun: enter the sending domain, and region "eu" where your domain is there. SendGrid: "eu" for a regional subuser.',
    'Enter "to", or map it to where the data has the address.',
    "Set a rate limit where your plan has one (Resend: a few requests a second): it is the plan's, so none is set here.",
  ],
  async converse(message, { config, timeoutMs }, talk) {
    const mail = mailOf(message, config)
    if (!mail.ok) return mail.error
    if (config.provider === 'cloudflare') {
      return sendByBinding(mail.value, config.binding, talk, timeoutMs)
    }
    const provider = providers[config.provider]
    const { deliveryId } = message
    const answer = await talk.call(async () => {
      const made = provider.request(mail.value, config, { deliveryId, random: talk.random })
      const { path, headers, body } = made
      return ok({
        url: `${baseOf(config)}${path}`,
        method: 'POST',
        headers: new Headers({
          accept: 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'Switchyard/1',
          ...headers,
        }),
        body,
        secretHeaders: [provider.secretHeader],
      })
    })
    if (!answer.ok) return answer.error
    const { table, codes, wait } = provider
    const nowMs = talk.now()
    const waitMs = wait?.(answer.value.headers, nowMs) ?? null
    return {
      outcome: outcomeBy(table, answer.value, nowMs, codes(parseJson(answer.value.body)), waitMs),
    }
  },
})
