import { afterAll, beforeAll, expect, it } from 'vitest'
import { InvalidRequestError, KeyError, Switchyard, verifyWebhook } from '../../src/client/index.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { read } from './scene.ts'
import { aReceiver, closeReceivers } from './story.ts'

let router: Router
let tenant: RouterTenant
let client: Switchyard

beforeAll(async () => {
  router = await startRouter()
  tenant = await router.tenant()
  client = new Switchyard({ url: router.url, key: tenant.key })
}, 120_000)

afterAll(async () => {
  await router.close()
  await closeReceivers()
})

const video = { id: 'vid_1', title: 'Welcome', duration_s: 3 }
const user = { id: 'usr_1', email: 'ada@example.com' }

it.each(['hmac', 'ed25519'])(
  'tells of a video, and the receiver verifies it by %s',
  async (signing) => {
    const receiver = await aReceiver()
    const made = await tenant.make('/api/v1/destinations', {
      name: 'Receiver',
      type: 'webhook',
      config: { url: receiver.url, signing },
    })
    const { id } = await tenant.make('/api/v1/connections', { destination_id: made.id })
    const sent = await client.trigger.videoGenerated(video, user)
    expect(sent.duplicate).toBe(false)
    await receiver.until((all) => all.length === 1)
    const [received] = receiver.received
    const verified = await verifyWebhook(received!, made.public_key ?? made.signing_secret)
    expect(verified).toMatchObject({
      id: sent.id,
      type: 'video.generated',
      data: { video, user },
    })
    await tenant.api(`/api/v1/connections/${id}`, { method: 'DELETE' })
  },
)

it('stores an event once, though its first answers are lost', async () => {
  let lost = 2
  const losing = new Switchyard({
    url: router.url,
    key: tenant.key,
    sleep: () => Promise.resolve(),
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (lost === 0) return response
      lost -= 1
      throw new TypeError('the answer was lost')
    },
  })
  const sent = await losing.events.send({ type: 'order.paid', data: { total: 99.5 } })
  expect(sent.duplicate).toBe(true)
  expect(await read(tenant, `events/${sent.id}`)).toMatchObject({ duplicates: 2 })
  const { data } = await read(tenant, 'events?type=order.paid')
  expect(data).toHaveLength(1)
})

it('sends more at once than one request takes, and tells what is wrong with one of them', async () => {
  const events = Array.from({ length: 501 }, (_, i) => ({
    type: i === 7 ? 'not a type' : 'batch.item',
    data: { i },
  }))
  const results = await client.events.sendBatch(events)
  expect(results).toHaveLength(501)
  const wrong = results.flatMap((result, i) => ('error' in result ? [[i, result.error.code]] : []))
  expect(wrong).toEqual([[7, 'validation_failed']])
})

it('throws what the router says, typed', async () => {
  const refused = client.events.send({ type: 'switchyard.own', data: null })
  await expect(refused).rejects.toMatchObject({ code: 'validation_failed', status: 422 })
  await expect(refused).rejects.toBeInstanceOf(InvalidRequestError)
  const stranger = new Switchyard({ url: router.url, key: 'none' })
  await expect(stranger.trigger.userRegistered(user)).rejects.toBeInstanceOf(KeyError)
})
