import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { list, range } from './scene.ts'

let router: Router
beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

const secret = 'a secret of the provider'
const hmac = (text: string, encoding: 'hex' | 'base64', hash = 'sha256', key = secret) =>
  createHmac(hash, key).update(text).digest(encoding)
const json = { 'content-type': 'application/json' }

/** An element as it stands in the batch, and what it is as an event of its own. */
interface Element {
  bytes: string
  type: string
  key: string
}

interface Sent {
  query?: string
  headers: Record<string, string>
  body: string
}

interface Batch {
  provider: string
  config: Record<string, unknown>
  /** Three of them, of two types. */
  elements: [Element, Element, Element]
  send: (url: string, elements: string[]) => Sent
  /** What the provider insists on as the answer; the others get JSON. */
  answer?: [status: number, text: string]
  /** The content type of an element. */
  contentType?: string
}

const sendgridKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const sendgridKey = sendgridKeys.publicKey.export({ type: 'spki', format: 'der' })
const organization = '00D5i000000abCdEAI'

const batches: Batch[] = [
  {
    provider: 'hubspot',
    config: { secret },
    elements: [
      {
        bytes:
          '{"eventId":1,"subscriptionId":9,"occurredAt":170,"subscriptionType":"deal.creation", "objectId":12345678901234567890}',
        type: 'deal.creation',
        key: '1:9:170',
      },
      {
        bytes:
          '{ "eventId":1,"subscriptionId":8,"occurredAt":170,"subscriptionType":"deal.deletion"}',
        type: 'deal.deletion',
        key: '1:8:170',
      },
      {
        bytes:
          '{"subscriptionType":"deal.creation","eventId":2,"subscriptionId":9,"occurredAt":171,"n":1.50}',
        type: 'deal.creation',
        key: '2:9:171',
      },
    ],
    send(url, elements) {
      const body = `[${elements.join(', ')}]`
      const time = String(Date.now())
      const proof = hmac(`POST${url}${body}${time}`, 'base64')
      const headers = { 'x-hubspot-signature-v3': proof, 'x-hubspot-request-timestamp': time }
      return { body, headers: { ...json, ...headers } }
    },
  },
  {
    provider: 'sendgrid',
    config: { public_key: sendgridKey.toString('base64') },
    elements: [
      { bytes: '{"event":"open","sg_event_id":"b3Blbg","n":1.50}', type: 'open', key: 'b3Blbg' },
      { bytes: '{"event":"click","sg_event_id":"Y2xpY2s"}', type: 'click', key: 'Y2xpY2s' },
      {
        bytes: '{"sg_event_id":"b3BlbjI", "event":"open","é":"\\u00e9"}',
        type: 'open',
        key: 'b3BlbjI',
      },
    ],
    send(_url, elements) {
      const body = `[${elements.join(',\r\n')}]\r\n`
      const time = String(Math.floor(Date.now() / 1000))
      const proof = sign('sha256', Buffer.from(time + body), sendgridKeys.privateKey)
      return {
        body,
        headers: {
          ...json,
          'x-twilio-email-event-webhook-timestamp': time,
          'x-twilio-email-event-webhook-signature': proof.toString('base64'),
        },
      }
    },
  },
  {
    provider: 'mandrill',
    config: { secret },
    elements: [
      {
        bytes: '{"event":"click","_id":"abc","ts":2, "u":"a+b"}',
        type: 'click',
        key: 'abc:click:2',
      },
      {
        bytes: '{"event":"open","_id":"abc","ts":2,"é":"\\/"}',
        type: 'open',
        key: 'abc:open:2',
      },
      { bytes: '{"event":"click","_id":"abc","ts":3}', type: 'click', key: 'abc:click:3' },
    ],
    send(url, elements) {
      const events = `[${elements.join(',')}]`
      const proof = hmac(`${url}mandrill_events${events}`, 'base64', 'sha1')
      return {
        body: new URLSearchParams({ mandrill_events: events }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-mandrill-signature': proof,
        },
      }
    },
  },
  {
    provider: 'salesforce',
    config: { organization_id: organization },
    elements: [
      ['04l1', 'Lead'],
      ['04l2', 'Opportunity'],
      ['04l3', 'Lead'],
    ].map(([id = '', type = '']) => ({
      bytes: `<Notification>\n <Id>${id}</Id><sObject xsi:type="sf:${type}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Name>Müller &amp; Co</sf:Name></sObject></Notification>`,
      type,
      key: id,
    })) as Batch['elements'],
    send: (_url, elements) => ({
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
      body: `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organization}</OrganizationId>${elements.join('\n')}</notifications></soapenv:Body>
</soapenv:Envelope>`,
    }),
    answer: [200, '<Ack>true</Ack>'],
    contentType: 'text/xml',
  },
  {
    provider: 'meta',
    config: { secret },
    elements: [
      {
        bytes: '{"value":{"messages":[{"id":"wamid.A"}] },"field":"messages"}',
        type: 'whatsapp_business_account.messages',
        key: 'wamid.A',
      },
      {
        bytes: '{"field":"flows","value":{"messages":[{"id":"wamid.B"}]}}',
        type: 'whatsapp_business_account.flows',
        key: 'wamid.B',
      },
      {
        bytes: '{"value":{"statuses":[{"id":"wamid.A","status":"read"}]},"field":"messages"}',
        type: 'whatsapp_business_account.messages',
        key: 'wamid.A:read',
      },
    ],
    send(_url, elements) {
      // Each in an entry of its own, as for several accounts.
      const entries = elements.map((one, i) => `{"id":"${i}","time":17,"changes":[${one}]}`)
      const body = `{"object":"whatsapp_business_account","entry":[${entries.join(',')}]}`
      return { body, headers: { ...json, 'x-hub-signature-256': `sha256=${hmac(body, 'hex')}` } }
    },
    answer: [200, ''],
  },
  {
    provider: 'azure-event-grid',
    config: { secret },
    elements: [
      {
        bytes: '{"id":"1", "topic":"/subs/a","eventType":"Blob.Created","data":{"n":1.0}}',
        type: 'Blob.Created',
        key: '/subs/a 1',
      },
      {
        bytes: '{"id":"1","topic":"/subs/b","eventType":"Blob.Deleted"}',
        type: 'Blob.Deleted',
        key: '/subs/b 1',
      },
      {
        bytes: '{"topic":"/subs/a","id":"2","eventType":"Blob.Created"}',
        type: 'Blob.Created',
        key: '/subs/a 2',
      },
    ],
    send: (_url, elements) => ({
      query: `?code=${encodeURIComponent(secret)}`,
      headers: { ...json, 'aeg-event-type': 'Notification' },
      body: `[\n${elements.join('\n,')}]`,
    }),
  },
]

async function scene({ provider, config, send }: Batch, split: boolean) {
  const tenant = await router.tenant()
  const { url } = await tenant.make('/api/v1/sources', {
    name: provider,
    provider,
    config: { ...config, ...(split && { split }) },
  })
  const sent = (elements: string[]) => send(url, elements)
  return {
    tenant,
    sent,
    /** Sends these together, and answers with the status and the text. */
    async post(...elements: string[]) {
      const { query = '', headers, body } = sent(elements)
      const answer = await fetch(url + query, { method: 'POST', headers, body })
      return { status: answer.status, text: await answer.text() }
    },
  }
}

/** The tenant's events, oldest first, each with the very bytes of its payload. */
async function eventsOf(tenant: RouterTenant) {
  const events = await list(tenant, 'events')
  return Promise.all(
    events.map(async ({ id }) => {
      const event = (await tenant.api(`/api/v1/events/${id}`)).json
      const payload = await fetch(`${router.url}/api/v1/events/${id}/payload`, {
        headers: { authorization: `Bearer ${tenant.key}` },
      })
      return {
        id,
        type: event.type,
        key: event.dedupe_key,
        duplicates: event.duplicates,
        contentType: payload.headers.get('content-type'),
        bytes: await payload.text(),
      }
    }),
  )
}

describe.each(batches)('a batch of $provider', (batch) => {
  const [a, b, c] = batch.elements
  const { answer, contentType = 'application/json' } = batch
  const asEvent = ({ bytes, type, key }: Element, duplicates = 0) =>
    expect.objectContaining({ bytes, type, key, contentType, duplicates })

  it('split, makes each element an event with its own bytes, type and dedupe key', async () => {
    const { tenant, post } = await scene(batch, true)
    const first = await post(a.bytes, b.bytes)
    const events = await eventsOf(tenant)
    expect(events).toEqual([asEvent(a), asEvent(b)])

    const again = await post(a.bytes, b.bytes)
    expect(await eventsOf(tenant)).toEqual([asEvent(a, 1), asEvent(b, 1)])

    const half = await post(b.bytes, c.bytes)
    const all = await eventsOf(tenant)
    expect(all).toEqual([asEvent(a, 1), asEvent(b, 2), asEvent(c)])

    const answers = [first, again, half]
    if (answer !== undefined) {
      const [status, text] = answer
      for (const one of answers) {
        expect(one).toEqual({ status, text: text === '' ? '' : expect.stringContaining(text) })
      }
      return
    }
    const [idA, idB, idC] = all.map(({ id }) => id)
    const told = (events: [string | undefined, boolean][]) => {
      const each = events.map(([event_id, duplicate]) => ({ event_id, duplicate }))
      return {
        event_id: each[0]?.event_id,
        duplicate: each.every((e) => e.duplicate),
        events: each,
      }
    }
    const expected = [
      [
        202,
        told([
          [idA, false],
          [idB, false],
        ]),
      ],
      [
        200,
        told([
          [idA, true],
          [idB, true],
        ]),
      ],
      [
        202,
        told([
          [idB, true],
          [idC, false],
        ]),
      ],
    ]
    expect(answers.map(({ status, text }) => [status, JSON.parse(text)])).toEqual(expected)
  })

  it('not split, is one event with the whole bytes', async () => {
    const { tenant, post, sent } = await scene(batch, false)
    const whole = sent([a.bytes, b.bytes])
    const first = await post(a.bytes, b.bytes)
    await post(a.bytes, b.bytes)
    const [event, ...others] = await eventsOf(tenant)
    expect(others).toEqual([])
    const common = batch.provider === 'meta' ? 'whatsapp_business_account' : 'batch'
    expect(event).toMatchObject({
      type: common,
      bytes: whole.body,
      contentType: whole.headers['content-type'],
      key: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      duplicates: 1,
    })
    if (answer === undefined) {
      expect(first.status).toBe(202)
      expect(JSON.parse(first.text)).toEqual({ event_id: event?.id, duplicate: false })
    }
  })
})

describe('a split batch', () => {
  const [hubspot] = batches as [Batch]
  const [a] = hubspot.elements

  it('with one element twice is one event, and says so', async () => {
    const { tenant, post } = await scene(hubspot, true)
    const { status, text } = await post(a.bytes, a.bytes)
    const [event] = await eventsOf(tenant)
    expect(status).toBe(202)
    expect(JSON.parse(text)).toEqual({
      event_id: event?.id,
      duplicate: false,
      events: [
        { event_id: event?.id, duplicate: false },
        { event_id: event?.id, duplicate: true },
      ],
    })
    expect(await eventsOf(tenant)).toHaveLength(1)
  })

  it('without any element is one event with the whole bytes', async () => {
    const { tenant, post } = await scene(hubspot, true)
    expect((await post()).status).toBe(202)
    expect(await eventsOf(tenant)).toMatchObject([{ bytes: '[]', type: 'unknown' }])
  })

  it('that several callers send at once makes each element an event once', async () => {
    const { tenant, post } = await scene(hubspot, true)
    const all = hubspot.elements.map(({ bytes }) => bytes)
    const answers = await Promise.all(range(1, 8).map(() => post(...all)))
    const flags = answers.flatMap(({ text }) => JSON.parse(text).events)
    expect(flags.filter(({ duplicate }) => duplicate === false)).toHaveLength(3)
    expect(await eventsOf(tenant)).toHaveLength(3)
  })

  it('of a thousand elements is a thousand events, in their order', async () => {
    const { tenant, post } = await scene(hubspot, true)
    const all = range(1, 1000).map((n) => a.bytes.replace('"eventId":1', `"eventId":${n}`))
    const { status, text } = await post(...all)
    expect(status).toBe(202)
    const ids = JSON.parse(text).events.map(({ event_id }: { event_id: string }) => event_id)
    const listed = await list(tenant, 'events')
    expect(listed.map(({ id }) => id)).toEqual(ids)
    expect(ids).toHaveLength(1000)
  })
})

describe('a rejection', () => {
  interface Rejected {
    cause: string
    provider: string
    config: Record<string, unknown>
    sent: (url: string) => Sent
    reason: string
    detail: RegExp
  }
  const text = Buffer.from('a key that is shown in base64').toString('base64')

  it.each<Rejected>([
    {
      cause: 'body_was_changed',
      provider: 'github',
      config: { secret },
      sent: () => ({
        headers: { 'x-hub-signature-256': `sha256=${hmac('{"a":[1,2]}', 'hex')}` },
        body: '{\n  "a": [1, 2]\n}',
      }),
      reason: 'signature_mismatch',
      detail: /^The signature was made .* It fits the same JSON written in another way: .+\.$/,
    },
    {
      cause: 'secret_of_another_kind',
      provider: 'github',
      config: { secret: text },
      sent: () => {
        const proof = createHmac('sha256', Buffer.from(text, 'base64')).update('{}').digest('hex')
        return { headers: { 'x-hub-signature-256': `sha256=${proof}` }, body: '{}' }
      },
      reason: 'signature_mismatch',
      detail: /^The signature was made .* It fits the secret read in another way: .+\.$/,
    },
    {
      cause: 'url_differs',
      provider: 'trello',
      config: { secret },
      sent(url) {
        const proof = hmac(`{}${url.replace('http:', 'https:')}`, 'base64', 'sha1')
        return { headers: { 'x-trello-webhook': proof }, body: '{}' }
      },
      reason: 'signature_mismatch',
      detail: /^The signature was made .* It fits another form of the URL: set .*config\.url.*\.$/,
    },
    {
      cause: 'clock_skew',
      provider: 'stripe',
      config: { secret },
      sent() {
        const time = Math.floor(Date.now() / 1000) - 3600
        const proof = `t=${time},v1=${hmac(`${time}.{}`, 'hex')}`
        return { headers: { 'stripe-signature': proof }, body: '{}' }
      },
      reason: 'timestamp_outside_tolerance',
      detail: /^The timestamp is 36\d\d s old\. All else fits: a clock is wrong, or .+\.$/,
    },
  ])(
    'names $cause, to the owner alone',
    async ({ cause, provider, config, sent, reason, detail }) => {
      const tenant = await router.tenant()
      const { url, id } = await tenant.make('/api/v1/sources', { name: provider, provider, config })
      const { headers, body } = sent(url)
      const answer = await fetch(url, { method: 'POST', headers: { ...json, ...headers }, body })
      expect(answer.status).toBe(401)
      const said = await answer.text()
      expect(JSON.parse(said).code).toBe('verification_failed')
      expect(said).not.toMatch(/fits|likely|skew/)

      const [rejection, ...others] = await list(tenant, 'rejections')
      expect(others).toEqual([])
      const shown = { source_id: id, reason, likely_cause: cause }
      expect(rejection).toMatchObject({ ...shown, detail: expect.stringMatching(detail) })
      const read = await tenant.api(`/api/v1/rejections/${rejection.id}`)
      expect(read.json).toEqual(rejection)
      expect(await list(tenant, 'events')).toEqual([])
    },
  )

  it('names no cause where none can be told', async () => {
    const tenant = await router.tenant()
    const { url } = await tenant.make('/api/v1/sources', {
      name: 'GitHub',
      provider: 'github',
      config: { secret },
    })
    const proof = `sha256=${hmac('{}', 'hex', 'sha256', 'a secret of somebody else')}`
    const headers = { ...json, 'x-hub-signature-256': proof }
    await fetch(url, { method: 'POST', headers, body: '{}' })
    expect(await list(tenant, 'rejections')).toMatchObject([
      { reason: 'signature_mismatch', likely_cause: null, detail: expect.stringMatching(/way\.$/) },
    ])
  })
})
