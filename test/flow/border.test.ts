import { globSync } from 'node:fs'
import { createServer } from 'node:http'
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptionsShape } from 'miniflare'
import twilio from 'twilio'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { wayOut } from '../../src/local/way-out.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { connection, destination, post, read } from './scene.ts'

/* What comes in and what goes out, where the router meets the network itself. */

let router: Router
let tenant: RouterTenant
let receiver: Receiver
beforeAll(async () => {
  ;[router, receiver] = await Promise.all([startRouter(), startReceiver()])
  tenant = await router.tenant()
})
afterAll(() => Promise.all([router.close(), receiver.close()]))

const sourceOf = async (provider: string, config: object) =>
  (await tenant.make('/api/v1/sources', { name: provider, provider, config })) as { url: string }

/** Posts a form to a source as Twilio signs it for `called`, through a server in front that speaks https or says nothing. */
async function signedFor(called: string, url: string, headers: Record<string, string>) {
  const signature = twilio.getExpectedTwilioSignature('token', called, { From: '+1' })
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'x-twilio-signature': signature, ...headers },
    body: new URLSearchParams({ From: '+1' }),
  })
  return answer.status
}

it('a server in front that speaks https is believed about the URL that was called', async () => {
  const { url } = await sourceOf('twilio', { secret: 'token' })
  const secure = url.replace('http:', 'https:')
  expect(await signedFor(secure, url, { 'x-forwarded-proto': 'https' })).toBe(200)
  expect(await signedFor(secure, url, {})).toBe(401)
  expect(await signedFor(url, url, { 'x-forwarded-proto': 'http' })).toBe(200)
})

it('what a request says is kept as it was said, and no header of a development tool means anything', async () => {
  const { url } = await sourceOf('none', {})
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'accept-encoding': 'zstd',
      'mf-original-url': 'http://elsewhere.test/in/src_other',
      'mf-route-override': 'nowhere',
      'mf-cf-blob': '{not json',
    },
    body: '{}',
  })
  expect(answer.status).toBe(202)
  const { event_id } = (await answer.json()) as { event_id: string }
  const { headers } = await read(tenant, `events/${event_id}`)
  expect(headers).toMatchObject({
    'accept-encoding': 'zstd',
    'mf-original-url': 'http://elsewhere.test/in/src_other',
  })
})

it.each(['/cdn-cgi/local/scheduled', '/cdn-cgi/local/explorer', '/cdn-cgi/local/platform-proxy'])(
  'nothing but the router answers at %s',
  async (path) => {
    const answer = await fetch(router.url + path)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'not_found' })
  },
)

it('a delivery carries the headers that Switchyard gave it, and none of what carries it', async () => {
  await connection(tenant, await destination(tenant, receiver))
  await post(tenant)
  await receiver.until((received) => received.length > 0)
  const [{ headers } = { headers: {} }] = receiver.received
  const own = Object.keys(headers).filter((name) => !/^(webhook|switchyard)-/.test(name))
  // fetch itself asks for compressed answers.
  const expected = ['accept-encoding', 'content-length', 'content-type', 'host', 'user-agent']
  expect(own.sort()).toEqual(expected)
})

it.each([
  ['', 'refused'],
  ['10.0.0.0/8, 192.0.2.7:8080', 'refused'],
  ['127.0.0.1:9', 200],
  ['127.0.0.0/8, ::1', 200],
  ['[::1]:8080', 'refused'],
  ['0.0.0.0/0', 200],
  ['127.0.0.0/008', 200],
  ['internal.test', 200],
])(
  'a name that leads to this machine, with DESTINATION_ALLOWLIST %j: %s',
  async (allowlist, expected) => {
    await using inside = await listening()
    await using miniflare = fetching(allowlist)
    const answer = await miniflare.dispatchFetch(`http://localhost:${inside.port}/`)
    expect(await answer.json()).toBe(expected)
  },
)

it('what is not public is denied to the network, but for what the list holds and where it holds names', () => {
  const networkOf = (allowlist: string) => wayOut(allowlist, []).network
  expect(networkOf('').allow).toEqual(['public'])
  const some = ['192.0.2.0/24', '168.63.129.16/32', '2002:0:0:0:0:0:0:0/16']
  expect(networkOf('').deny).toEqual(expect.arrayContaining(some))
  const own = networkOf('192.0.0.0/8, fd00::/8, 10.0.0.7:443')
  expect(own.allow).toEqual(['public', '192.0.0.0/8', 'fd00:0:0:0:0:0:0:0/8', '10.0.0.7/32'])
  expect(own.deny).not.toContain('192.0.2.0/24')
  expect(own.deny).toEqual(expect.arrayContaining(['10.0.0.0/8', '8000:0:0:0:0:0:0:0/1']))
  expect(networkOf('*.corp.test')).toMatchObject({
    allow: ['public', 'private', '240.0.0.0/4'],
    deny: [],
  })
})

it('the port takes HTTP only: none of the Worker’s other handlers can be called by RPC', async () => {
  const files = () => globSync('data/**/*.sqlite', { cwd: router.stateDir }).toSorted()
  const before = files()
  const forged = {
    kind: 'deliver',
    tenant_id: 'ten_forged',
    shard: 0,
    delivery_id: 'x',
    token: 'y',
  }
  const script = `export default {
    async fetch(request, { TARGET }) {
      const message = { id: '1', attempts: 1, ack() {}, retry() {}, body: ${JSON.stringify(forged)} }
      const calling = TARGET.queue({ queue: 'deliveries', messages: [message] })
      return Response.json(await calling.then(() => 'called', () => 'refused'))
    },
  }`
  const address = router.url.replace('http://', '')
  await using miniflare = workerd(script, { TARGET: { external: { address, http: {} } } })
  const answer = await miniflare.dispatchFetch('http://any.test/')
  expect(await answer.json()).toBe('refused')
  expect(files()).toEqual(before)
})

/** A Worker that asks for its own URL by the way out. */
const fetching = (allowlist: string) =>
  workerd(
    `export default {
      async fetch({ url }, { OUTBOUND }) {
        return Response.json(await OUTBOUND.fetch(url).then(({ status }) => status, () => 'refused'))
      },
    }`,
    { OUTBOUND: wayOut(allowlist) },
  )

function workerd(
  script: string,
  serviceBindings: NonNullable<V4WorkerOptionsShape['serviceBindings']>,
) {
  const compatibilityDate = '2026-10-30'
  const workers = [{ modules: true as const, script, serviceBindings, compatibilityDate }]
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ cf: false, handleStructuredLogs: () => {}, workers }),
  )
  return Object.assign(miniflare, { [Symbol.asyncDispose]: () => miniflare.dispose() })
}

async function listening() {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return { port, [Symbol.asyncDispose]: async () => void server.close() }
}
