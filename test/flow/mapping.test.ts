import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'

let router: Router
let receiver: Receiver
let tenant: RouterTenant
let slack: string

beforeAll(async () => {
  receiver = await startReceiver()
  receiver.answers({ status: 200, body: 'ok' })
  router = await startRouter({ env: { DESTINATION_ALLOWLIST: '127.0.0.0/8' } })
  tenant = await router.tenant()
  const made = await tenant.make('/api/v1/destinations', {
    name: 'Slack',
    type: 'slack',
    config: {
      webhook_url: 'https://hooks.slack.com/services/T0/B0/a-secret-of-slack',
      base_url: receiver.url,
      mapping: { title: '"For all: " & data.name', text: 'data.name' },
    },
    retry: { schedule_s: [] },
    rate_limit: null,
  })
  slack = made.id
})
afterAll(async () => {
  await router.close()
  await receiver.close()
})

const connect = (type: string, mapping: Record<string, string>) =>
  tenant.make('/api/v1/connections', {
    destination_id: slack,
    event_types: [type],
    config: { mapping },
  })

const post = (type: string) =>
  tenant.make('/api/v1/events', { type, data: { name: 'Ada', count: 3 } })

/** The headline and the text below it that arrived for a type. */
const said = (name: string) =>
  vi.waitUntil(
    () => {
      const bodies = receiver.received.map(({ body }) => JSON.parse(body.toString()))
      return bodies.find(({ text }) => text.includes(name))?.text
    },
    { timeout: 10_000 },
  )

it("takes the destination's expression where the connection has none", async () => {
  await connect('one.plain', {})
  await post('one.plain')
  expect(await said('For all')).toBe('For all: Ada\nAda')
})

it("takes the connection's before the destination's", async () => {
  await connect('two.own', { title: '"Only here: " & data.count' })
  await post('two.own')
  expect(await said('Only here')).toBe('Only here: 3\nAda')
})

it('ends a delivery whose expression fails as a dead letter that says where', async () => {
  const { id } = await connect('three.wrong', { title: '$number(data.name)' })
  await post('three.wrong')
  const dead = await vi.waitUntil(
    async () => (await tenant.api(`/api/v1/dead-letters?connection_id=${id}`)).json.data[0],
    { timeout: 10_000 },
  )
  expect(dead.cause).toBe('mapping_invalid')
  const { json } = await tenant.api(`/api/v1/deliveries/${dead.id}`)
  expect(json.attempts[0].error).toMatch(/^mapping\.title: /)
})

it.each([
  ['a field that the type does not have', { headline: '"x"' }, 'config.mapping.headline'],
  ['an expression that is none', { title: '(' }, 'config.mapping.title'],
])('refuses %s, when it is made and when it is changed', async (_what, mapping, path) => {
  const body = { destination_id: slack, config: { mapping } }
  const made = await tenant.api('/api/v1/connections', { method: 'POST', body })
  const { id } = await connect('four.good', {})
  const changed = await tenant.api(`/api/v1/connections/${id}`, {
    method: 'PATCH',
    body: { config: { mapping } },
  })
  for (const { status, json } of [made, changed]) {
    expect([status, json.errors[0].path]).toEqual([422, path])
  }
})
