import { createHash, createHmac, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { aReceiver, closeReceivers, connect, deliveryOnce, listAll, soon } from './story.ts'

const limit = 10_485_760
const secret = 'a secret of the sender'

let router: Router
beforeAll(async () => {
  router = await startRouter()
})
afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const providers = {
  none: {},
  hmac: { secret, header: 'x-signature', algorithm: 'sha256', encoding: 'hex' },
}
type Provider = keyof typeof providers

const sourceOf = (tenant: RouterTenant, provider: Provider) =>
  tenant.make('/api/v1/sources', { name: 'Sender', provider, config: providers[provider] })

const proofOf = (body: Buffer) => createHmac('sha256', secret).update(body).digest('hex')

const sendTo = (url: string, body: Buffer<ArrayBuffer>) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-anything', 'x-signature': proofOf(body) },
    body,
  })

/** What stands for bytes in an assertion: ten million of them would drown its message. */
const digest = (body: Buffer) => `${body.length}:${createHash('sha256').update(body).digest('hex')}`

const bodies = {
  '0 bytes': Buffer.alloc(0),
  'invalid UTF-8': Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80, 0x0d, 0x0a, 0xed, 0xa0, 0x80]),
  'a byte order mark and CRLF': Buffer.from('\uFEFF{\r\n "a" : 1 }\r\n'),
  'duplicate keys with a 20-digit integer': Buffer.from(
    '{ "id":12345678901234567890,"b":1.0, "id" : 98765432109876543210 ,"\\u0062":1e2}',
  ),
  '200 KB': randomBytes(200_000),
  '1 MB': randomBytes(1_000_000),
  'exactly 10 MiB': randomBytes(limit),
} satisfies Record<string, Buffer<ArrayBuffer>>

const cases = Object.entries(bodies).flatMap(([name, body]) =>
  (['none', 'hmac'] as const).map((provider) => [name, provider, body] as const),
)

describe('bytes in, bytes out', () => {
  it.each(cases)(
    'a body of %s through a %s source arrives byte for byte, also on retry, dead-letter replay and event replay',
    async (_name, provider, body) => {
      const receiver = await aReceiver()
      const tenant = await router.tenant()
      const source = await sourceOf(tenant, provider)
      await connect(tenant, receiver.url, { retry: soon })
      receiver.answers(500, 500, 200)

      const accepted = await sendTo(source.url, body)
      expect(accepted.status).toBe(202)
      const { event_id }: { event_id: string } = await accepted.json()
      await deliveryOnce(tenant, event_id, 'dead', 20_000)
      await tenant.make('/api/v1/dead-letters/replay', {})
      await receiver.until((received) => received.length === 3, 20_000)
      await tenant.make(`/api/v1/events/${event_id}/replay`, {})
      await receiver.until((received) => received.length === 4, 20_000)

      expect(receiver.received.map((one) => digest(one.body))).toEqual(
        Array.from({ length: 4 }, () => digest(body)),
      )
      for (const { headers } of receiver.received) {
        expect(headers).toMatchObject({
          'content-type': 'application/x-anything',
          'content-length': String(body.length),
        })
      }
      const payload = await fetch(`${router.url}/api/v1/events/${event_id}/payload`, {
        headers: { authorization: `Bearer ${tenant.key}` },
      })
      expect(payload.headers.get('content-type')).toBe('application/x-anything')
      expect(digest(Buffer.from(await payload.arrayBuffer()))).toBe(digest(body))
    },
  )

  it('the data of a posted event is delivered as the very bytes that stand in the request', async () => {
    const receiver = await aReceiver()
    const tenant = await router.tenant()
    await connect(tenant, receiver.url)
    const data = '{ "n":12345678901234567890, "n" : 1.50,"s":"\\u00e9é\\/" }'
    const body = `{"data" : ${data}  ,"type":"order.paid"}`
    const { status } = await tenant.api('/api/v1/events', {
      method: 'POST',
      body: Buffer.from(body),
      headers: { 'content-type': 'application/json' },
    })
    expect(status).toBe(202)
    await receiver.until((received) => received.length === 1)
    expect(receiver.received[0]!.body.toString()).toBe(data)
  })
})

describe('the size limit', () => {
  const over = Buffer.alloc(limit + 1, 'x')

  it.each(['none', 'hmac'] as const)(
    'refuses one byte more at a %s source with its Content-Length, keeps the rejection and no event',
    async (provider) => {
      const tenant = await router.tenant()
      const source = await sourceOf(tenant, provider)
      const answer = await sendWhole(source.url, over, { 'x-signature': proofOf(over) })
      await refusedAndNotStored(tenant, answer)
      expect(await reasons(tenant)).toEqual(['payload_too_large'])
    },
  )

  it.each(['none', 'hmac'] as const)(
    'refuses one byte more at a %s source in chunks, keeps the rejection and no event',
    async (provider) => {
      const tenant = await router.tenant()
      const source = await sourceOf(tenant, provider)
      const answer = await sendChunked(source.url, over, { 'x-signature': proofOf(over) })
      await refusedAndNotStored(tenant, answer)
      expect(await reasons(tenant)).toEqual(['payload_too_large'])
    },
  )

  it('takes exactly the limit in chunks', async () => {
    const tenant = await router.tenant()
    const source = await sourceOf(tenant, 'none')
    const answer = await sendChunked(source.url, over.subarray(1), {})
    expect(answer.status).toBe(202)
    expect(await listAll(tenant, '/api/v1/events')).toMatchObject([{ size: limit }])
  })

  it.each([
    ['with its Content-Length', sendWhole],
    ['in chunks', sendChunked],
  ])(
    'takes a posted event of exactly the limit and refuses one byte more %s',
    async (_how, send) => {
      const tenant = await router.tenant()
      const url = `${router.url}/api/v1/events`
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${tenant.key}`,
      }
      const eventOf = (size: number) => {
        const [head, foot] = ['{"type":"order.paid","data":"', '"}']
        return Buffer.from(head + 'x'.repeat(size - head.length - foot.length) + foot)
      }
      await refusedAndNotStored(tenant, await send(url, eventOf(limit + 1), headers))
      expect((await send(url, eventOf(limit), headers)).status).toBe(202)
      expect(await listAll(tenant, '/api/v1/events')).toHaveLength(1)
    },
  )

  const reasons = async (tenant: RouterTenant) =>
    (await listAll(tenant, '/api/v1/rejections')).map(({ reason }) => reason)

  async function refusedAndNotStored(tenant: RouterTenant, answer: Answer) {
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 413, code: 'payload_too_large' })
    expect(await listAll(tenant, '/api/v1/events')).toEqual([])
  }
})

interface Answer {
  status: number
  text: string
}

type Send = (url: string, body: Buffer, headers: Record<string, string>) => Promise<Answer>

/** The answer may come, and the connection go, before all of the body is out: only the answer counts. */
const send =
  (framing: (body: Buffer) => Record<string, string | number>): Send =>
  async (url, body, headers) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const outgoing = request(url, { method: 'POST', headers: { ...headers, ...framing(body) } })
    outgoing.once('error', reject)
    outgoing.once('response', async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer) // No encoding is set.
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      outgoing.destroy()
    })
    outgoing.end(body)
    return promise
  }

const sendWhole = send(({ length }) => ({ 'content-length': length }))
const sendChunked = send(() => ({ 'transfer-encoding': 'chunked' }))
