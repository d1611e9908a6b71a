import sendgridMail from '@sendgrid/mail'
import { MailChannels } from 'mailchannels-sdk'
import Mailgun from 'mailgun.js'
import * as postmark from 'postmark'
import { Resend } from 'resend'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EmailBinding } from '../../src/destinations/destination.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver, Received } from '../support/receiver.ts'
import { itIsADestination } from './contract.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

const api_key = 'SG.key-of_the-Provider.1234567'
const from = 'Switchyard, Inc. <events@example.com>'
const to = ['Jane Doe <jane@example.com>', 'joe@example.com']
const reply_to = 'help@example.com'

const byHttp = ['resend', 'sendgrid', 'mailgun', 'postmark', 'mailchannels'] as const
type HttpProvider = (typeof byHttp)[number]

const success: Record<HttpProvider, AnswerSpec> = {
  resend: { body: '{"id":"49a3999c"}' },
  sendgrid: { status: 202, headers: { 'x-message-id': 'm1' } },
  mailgun: { body: '{"id":"<m1@example.com>","message":"Queued. Thank you."}' },
  postmark: { body: '{"ErrorCode":0,"Message":"OK","MessageID":"m1"}' },
  mailchannels: { status: 202, body: '{"request_id":"r1","results":[]}' },
}

for (const provider of byHttp) {
  describe(provider, () =>
    itIsADestination({
      type: 'email',
      config: (base_url) => ({ provider, base_url, api_key, from, to }),
      secrets: [api_key],
      success: success[provider],
    }),
  )
}

let receiver: Receiver
beforeEach(async () => {
  receiver = await startReceiver()
})
afterEach(() => receiver.close())

const send = (provider: HttpProvider, message = messageOf(), config: object = {}) =>
  bound('email', { provider, base_url: receiver.url, api_key, from, to, ...config }).send(
    message,
    addresseeOf(),
    worldOf(),
  )

const json = (at = 0) => JSON.parse(receiver.received[at]?.body.toString() ?? '')

describe("the request is that of the provider's own client", () => {
  const mapped = { subject: 'Größe & more', plain_text: 'Hello\n.\nthere', html: '<p>Hello</p>' }
  const [subject, text, html] = Object.values(mapped)
  const mail = { subject, text, html } as { subject: string; text: string; html: string } // All are there.
  const quoted = '"Switchyard, Inc." <events@example.com>'
  const sender = { email: 'events@example.com', name: 'Switchyard, Inc.' }

  async function both(
    provider: HttpProvider,
    theirs: () => Promise<unknown>,
    headers: readonly string[],
    config: object = {},
  ): Promise<{ ours: { path: string }; theirs: unknown }> {
    receiver.answers({
      headers: { 'content-type': 'application/json' },
      ...(success[provider] as object),
    })
    await send(provider, messageOf({ mapped }), { reply_to, ...config })
    await theirs()
    const shown = async (request: Received | undefined) => {
      if (request === undefined) throw new Error('nothing came')
      const { method, path } = request
      const type = request.headers['content-type'] ?? ''
      const form = new Response(new Uint8Array(request.body), { headers: { 'content-type': type } })
      return {
        method,
        path,
        type: type.replace(/;.*/, ''),
        headers: headers.map((name) => request.headers[name]),
        body: type.startsWith('multipart/')
          ? [...(await form.formData())].sort()
          : JSON.parse(request.body.toString()),
      }
    }
    const [first, second] = receiver.received
    return { ours: await shown(first), theirs: await shown(second) }
  }

  it('Resend', async () => {
    const { deliveryId } = messageOf()
    const client = new Resend(api_key, { baseUrl: receiver.url })
    const call = () =>
      client.emails.send(
        { from: quoted, to, replyTo: reply_to, ...mail },
        { idempotencyKey: deliveryId },
      )
    const { ours, theirs } = await both('resend', call, ['authorization', 'idempotency-key'])
    expect(ours).toEqual(theirs)
  })

  it('SendGrid', async () => {
    // Its types leave out the class and the client in it.
    const { MailService } = sendgridMail as unknown as {
      MailService: new () => typeof sendgridMail & {
        client: { setDefaultRequest(name: string, value: string): void }
      }
    }
    const service = new MailService()
    service.setApiKey(api_key)
    service.client.setDefaultRequest('baseUrl', receiver.url)
    const recipients = [{ email: 'jane@example.com', name: 'Jane Doe' }, 'joe@example.com']
    const call = () => service.send({ from: sender, to: recipients, replyTo: reply_to, ...mail })
    const { ours, theirs } = await both('sendgrid', call, ['authorization'])
    expect(ours).toEqual(theirs)
  })

  it('Mailgun', async () => {
    const client = new Mailgun(FormData).client({
      username: 'api',
      key: api_key,
      url: receiver.url,
    })
    const call = () =>
      client.messages.create('mg.example.com', {
        from: quoted,
        to,
        'h:Reply-To': reply_to,
        ...mail,
      })
    const { ours, theirs } = await both('mailgun', call, ['authorization'], {
      domain: 'mg.example.com',
    })
    expect(ours).toEqual(theirs)
  })

  it('Postmark', async () => {
    const client = new postmark.ServerClient(api_key, {
      requestHost: new URL(receiver.url).host,
      useHttps: false,
    })
    const call = () =>
      client.sendEmail({
        From: quoted,
        To: to.join(', '),
        ReplyTo: reply_to,
        Subject: mail.subject,
        HtmlBody: mail.html,
        TextBody: mail.text,
        MessageStream: 'events',
      })
    const { ours, theirs } = await both('postmark', call, ['x-postmark-server-token'], {
      stream: 'events',
    })
    expect(ours).toEqual(theirs)
  })

  it('MailChannels', async () => {
    const client = new MailChannels(api_key, { baseUrl: receiver.url })
    const recipients = [
      { email: 'jane@example.com', name: 'Jane Doe' },
      { email: 'joe@example.com' },
    ]
    const call = () =>
      client.emails.send({ from: sender, to: recipients, replyTo: reply_to, ...mail })
    const { ours, theirs } = await both('mailchannels', call, ['x-api-key'])
    expect({ ...ours, path: `${ours.path}?dry-run=false` }).toEqual(theirs)
  })
})

describe('what an answer means', () => {
  const delivered = { kind: 'delivered' }
  const refused = { kind: 'refused', cause: 'status' }
  const credentials = { kind: 'refused', cause: 'credentials' }
  const failed = { kind: 'failed', cause: 'status' }
  const limited = { kind: 'failed', cause: 'rate_limited' }
  const named = (status: number, name: string): AnswerSpec => ({
    status,
    body: JSON.stringify({ statusCode: status, name, message: 'no' }),
  })
  const coded = (status: number, ErrorCode: number): AnswerSpec => ({
    status,
    body: JSON.stringify({ ErrorCode, Message: 'no' }),
  })
  const now = 1_795_168_800_000
  const reset = { 'x-ratelimit-reset': String(now / 1000 + 30) }
  it.each<[HttpProvider, string, AnswerSpec, object]>([
    ['resend', 'sent', success.resend, delivered],
    ['resend', 'the same is on its way', named(409, 'concurrent_idempotent_requests'), failed],
    ['resend', 'the key was used for another', named(409, 'invalid_idempotent_request'), refused],
    ['resend', 'a wrong key', named(403, 'invalid_api_key'), credentials],
    ['resend', 'no key', named(401, 'missing_api_key'), credentials],
    ['resend', 'a domain that is not verified', named(403, 'validation_error'), refused],
    ['resend', 'a missing field', named(422, 'missing_required_field'), refused],
    [
      'resend',
      'too many',
      { status: 429, headers: { 'ratelimit-reset': '1' } },
      { ...limited, retry_after_ms: 1000 },
    ],
    [
      'resend',
      'too many, and when',
      { status: 429, headers: { 'ratelimit-reset': '1', 'retry-after': '3' } },
      { ...limited, retry_after_ms: 3000 },
    ],
    ['resend', 'the day is over', named(429, 'daily_quota_exceeded'), limited],
    ['resend', 'a bad day', named(500, 'application_error'), failed],
    ['sendgrid', 'accepted', success.sendgrid, delivered],
    ['sendgrid', 'a wrong key', 401, credentials],
    ['sendgrid', 'a sender that is not verified', 403, refused],
    ['sendgrid', 'too large', 413, refused],
    [
      'sendgrid',
      'too many',
      { status: 429, headers: reset },
      { ...limited, retry_after_ms: 30_000 },
    ],
    ['sendgrid', 'too many, without a time', 429, limited],
    [
      'sendgrid',
      'too many, until then',
      { status: 429, headers: { 'x-ratelimit-reset': '1' } },
      { ...limited, retry_after_ms: 0 },
    ],
    ['mailgun', 'queued', success.mailgun, delivered],
    ['mailgun', 'a wrong key', 401, credentials],
    ['mailgun', 'no access', 403, credentials],
    ['mailgun', 'no money', 402, refused],
    ['mailgun', 'no such domain', 404, refused],
    ['mailgun', 'too large', 413, refused],
    [
      'mailgun',
      'too many',
      { status: 429, headers: { 'retry-after': '9' } },
      { ...limited, retry_after_ms: 9000 },
    ],
    ['postmark', 'sent', success.postmark, delivered],
    ['postmark', 'an inactive recipient', coded(422, 406), refused],
    ['postmark', 'an inactive recipient, with 200', coded(200, 406), refused],
    ['postmark', 'an invalid mail', coded(422, 300), refused],
    ['postmark', 'a wrong token', coded(401, 10), credentials],
    ['postmark', 'a sender that is not confirmed', coded(422, 401), credentials],
    ['postmark', 'maintenance', coded(422, 100), failed],
    ['postmark', 'too many', coded(429, 429), limited],
    ['postmark', 'too many, with 422', coded(422, 429), limited],
    ['postmark', 'a bad day', 500, failed],
    ['mailchannels', 'accepted', success.mailchannels, delivered],
    [
      'mailchannels',
      'taken, and yet not sent',
      { status: 202, body: '{"results":[{"status":"failed"}]}' },
      failed,
    ],
    ['mailchannels', 'a bad mail', 400, refused],
    ['mailchannels', 'a wrong key', 401, credentials],
    ['mailchannels', 'a domain of somebody else', 403, credentials],
    ['mailchannels', 'too large', 413, refused],
    ['mailchannels', 'a bad day', 502, failed],
  ])('%s: %s', async (provider, _, answer, outcome) => {
    receiver.answers(answer)
    const config = { provider, base_url: receiver.url, api_key, from, to }
    const world = worldOf({ now: () => now })
    const report = await bound('email', config).send(messageOf(), addresseeOf(), world)
    expect(report.outcome).toEqual(outcome)
  })
})

describe('the mail', () => {
  const evil = '<script>"x" & \'y\'</script>'
  const video = {
    id: 'v1',
    title: evil,
    description: `one\r\ntwo ${evil}`,
    url: 'https://example.com/?a=1&b="2"',
    thumbnail_url: 'https://example.com/v.png',
  }

  it('says what a video is, escaped, with its link and picture', async () => {
    await send('resend', messageAbout('video.generated', { video }))
    const { subject, text, html } = json()
    expect(subject).toBe(`${evil} was generated`)
    expect(text).toBe(
      `${evil} was generated\n\none\r\ntwo ${evil}\n\nVideo: v1\n\nWatch: https://example.com/?a=1&b="2"`,
    )
    expect(html).not.toContain('<script>')
    expect(html).toContain('one<br>two &lt;script&gt;')
    expect(html).toContain('href="https://example.com/?a=1&amp;b=&quot;2&quot;"')
    expect(html).toContain('<img src="https://example.com/v.png"')
    expect(html).not.toMatch(/<style|class=/)
  })

  it.each([
    ['user.registered', { user: { name: 'Jane' } }, 'Jane registered'],
    ['order.paid', {}, 'Order paid'],
    ['a\r\nBcc: x@example.com', {}, 'A Bcc x@example com'],
    ['…'.repeat(2000), {}, /^…{998}$/],
  ])('of %j has one line as its subject', async (type, data, subject) => {
    await send('resend', messageAbout(type, data))
    if (typeof subject === 'string') expect(json().subject).toBe(subject)
    else expect(json().subject).toMatch(subject)
  })

  it('has each field replaced by the mapping', async () => {
    const mapped = {
      to: 'a@example.com',
      title: 'T',
      text: 'X',
      link: 'https://example.com/l',
      link_text: 'Go',
      image: 'https://example.com/i.png',
      fields: { Plan: 'pro' },
      tone: 'bad',
    }
    await send('resend', messageOf({ mapped }))
    expect(json()).toMatchObject({
      to: ['a@example.com'],
      subject: 'T',
      text: 'T\n\nX\n\nPlan: pro\n\nGo: https://example.com/l',
    })
    expect(json().html).toContain('https://example.com/i.png')
    expect(json().html).toContain('#b91c1c')
  })

  it('needs no recipient in its config where the mapping has one', async () => {
    const config = { provider: 'resend', base_url: receiver.url, api_key, from }
    const sendTo = (mapped: object) =>
      bound('email', config).send(messageOf({ mapped: { ...mapped } }), addresseeOf(), worldOf())
    expect((await sendTo({ to: ['a@example.com', 'B <b@example.com>'] })).outcome.kind).toBe(
      'delivered',
    )
    expect(json().to).toEqual(['a@example.com', 'B <b@example.com>'])
    expect(await sendTo({})).toMatchObject({
      outcome: { kind: 'refused', cause: 'mapping_invalid' },
      error: 'mapping.to: must name a recipient',
    })
  })

  it.each([
    ['to', { to: 'no address' }],
    ['to', { to: 'a@example.com\r\nBcc: b@example.com' }],
    ['to', { to: 'A\n <a@example.com>' }],
    ['to', { to: 'a@example.com, b@example.com' }],
    ['to', { to: [] }],
    ['to', { to: [1] }],
    ['to', { to: { email: 'a@example.com' } }],
    ['to', { to: Array.from({ length: 51 }, (_, i) => `a${i}@example.com`) }],
    ['subject', { subject: 'one\r\nBcc: b@example.com' }],
    ['subject', { subject: {} }],
    ['html', { html: [] }],
    ['link', { link: 'javascript:alert(1)' }],
  ])('is dead where %s cannot be said: %j', async (path, mapped) => {
    const report = await send('resend', messageOf({ mapped }))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toContain(`mapping.${path}: `)
    expect(receiver.received).toEqual([])
  })

  it('has the same key in every retry to Resend', async () => {
    await send('resend', messageOf())
    await send('resend', messageOf({ attempt: 2 }))
    const keys = receiver.received.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toEqual([messageOf().deliveryId, messageOf().deliveryId])
  })
})

describe('Cloudflare', () => {
  const deliver = (answer: () => Promise<unknown>, config: object = {}, timeoutMs = 1000) => {
    const sent: Record<string, unknown>[] = []
    const binding: EmailBinding = {
      send(mail) {
        sent.push(mail)
        return answer()
      },
    }
    const world = worldOf({ mailer: (name) => (name === 'EMAIL' ? binding : null) })
    const message = messageOf({ mapped: { title: 'T', plain_text: 'X', html: '<p>X</p>' } })
    const report = bound('email', { provider: 'cloudflare', from, to, ...config }).send(
      message,
      addresseeOf({ timeoutMs }),
      world,
    )
    return report.then((report) => ({ report, sent }))
  }
  const thrown = (code: string, message = 'no') =>
    Promise.reject(Object.assign(new Error(message), { code }))

  it('is told the mail by its binding', async () => {
    const { report, sent } = await deliver(() => Promise.resolve({ messageId: 'm' }), { reply_to })
    expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: null })
    expect(report.error).toBeUndefined()
    expect(sent).toEqual([
      {
        from: { email: 'events@example.com', name: 'Switchyard, Inc.' },
        to: ['jane@example.com', 'joe@example.com'],
        replyTo: reply_to,
        subject: 'T',
        text: 'X',
        html: '<p>X</p>',
      },
    ])
  })

  it.each([
    ['E_RECIPIENT_SUPPRESSED', { kind: 'refused', cause: 'status' }],
    ['E_RECIPIENT_NOT_ALLOWED', { kind: 'refused', cause: 'status' }],
    ['E_VALIDATION_ERROR', { kind: 'refused', cause: 'status' }],
    ['E_DELIVERY_FAILED', { kind: 'refused', cause: 'status' }],
    ['E_SENDER_NOT_VERIFIED', { kind: 'refused', cause: 'credentials' }],
    ['E_SENDER_DOMAIN_NOT_AVAILABLE', { kind: 'refused', cause: 'credentials' }],
    ['E_RATE_LIMIT_EXCEEDED', { kind: 'failed', cause: 'rate_limited' }],
    ['E_DAILY_LIMIT_EXCEEDED', { kind: 'failed', cause: 'rate_limited' }],
    ['E_INTERNAL_SERVER_ERROR', { kind: 'failed', cause: 'status' }],
    ['constructor', { kind: 'failed', cause: 'status' }],
  ])('says %s', async (code, outcome) => {
    const { report } = await deliver(() => thrown(code))
    expect(report).toMatchObject({ outcome, error: `The mailer did not take it: ${code} no` })
  })

  it('is understood by the text alone', async () => {
    const { report } = await deliver(() => Promise.reject(new Error('E_RECIPIENT_SUPPRESSED: no')))
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'status' })
  })

  it('is not waited for for ever', async () => {
    const { report } = await deliver(() => new Promise(() => {}), {}, 100)
    expect(report.outcome).toEqual({ kind: 'failed', cause: 'timeout' })
  })

  it('must be bound', async () => {
    const { report } = await deliver(() => Promise.resolve(), { binding: 'OTHER' })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
    expect(report.error).toContain('bound as "OTHER"')
  })

  it('has no address and no key', () => {
    expect(bound('email', { provider: 'cloudflare', from, to }).address).toBeNull()
    expect(() => bound('email', { provider: 'cloudflare', from, api_key })).toThrow('api_key')
  })
})

it.each([
  [{ provider: 'mailgun', region: 'eu' }, 'https://api.eu.mailgun.net'],
  [{ provider: 'mailgun' }, 'https://api.mailgun.net'],
  [{ provider: 'sendgrid', region: 'eu' }, 'https://api.eu.sendgrid.com'],
  [{ provider: 'postmark' }, 'https://api.postmarkapp.com'],
])('%j sends to %s', (config, address) => {
  expect(bound('email', { ...config, api_key, from }).address).toBe(address)
})

it.each([
  ['from', { from: 'a@example.com\nBcc: b@example.com' }],
  ['to', { to: [] }],
  ['api_key', { api_key: 'a\nb' }],
  ['provider', { provider: 'smtp' }],
  ['domain', { domain: 'a/../b' }],
])('refuses a config with a wrong %s', (path, wrong) => {
  const config = { provider: 'mailgun', api_key, from, to, ...wrong }
  expect(() => bound('email', config)).toThrow(path)
})
