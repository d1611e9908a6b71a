import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Router, startRouter } from '../support/router.ts'
import { gatedScene, numbered } from './gated-scene.ts'
import { change, connection, dataOf, destination, list, post, postBatch, read } from './scene.ts'

let router: Router

beforeAll(async () => {
  router = await startRouter()
})
afterAll(() => router.close())

describe('a receiver that answers 410', () => {
  it('is not called again: its destination is disabled, and the tenant is told', async () => {
    await using scene = await gatedScene(router, {})
    const { tenant, receiver } = scene
    await using alerts = await startedReceiver()
    const alertsTo = await destination(tenant, alerts.receiver)
    await connection(tenant, alertsTo, { event_types: ['switchyard.*'] })
    receiver.answers(410)
    const { json: event } = await post(tenant)
    await alerts.receiver.until((received) =>
      received.some((it) => typeOf(it) === 'switchyard.destination.disabled'),
    )
    const [dead] = await list(tenant, 'deliveries?state=dead')
    expect(dead).toMatchObject({ event_id: event.id, attempt_count: 1, last_status: 410 })
    const disabled = await read(tenant, `destinations/${scene.id}`)
    expect(disabled.enabled).toBe(false)
    const alert = alerts.receiver.received.find(
      (it) => typeOf(it) === 'switchyard.destination.disabled',
    )!
    expect(dataOf(alert)).toMatchObject({ destination_id: scene.id, delivery_id: dead.id })
    await alerts.receiver.until((received) =>
      received.some((it) => typeOf(it) === 'switchyard.delivery.dead'),
    )
    expect(alerts.receiver.received.map(typeOf).sort()).toEqual([
      'switchyard.delivery.dead',
      'switchyard.destination.disabled',
    ])

    const { json: next } = await post(tenant)
    const { verdicts } = await read(tenant, `events/${next.id}`)
    expect(verdicts).toContainEqual({ connection_id: scene.connectionId, verdict: 'disabled' })
    const refused = await tenant.api(`/api/v1/deliveries/${dead.id}/retry`, { method: 'POST' })
    expect(refused.status).toBe(409)
    expect(refused.json.code).toBe('destination_disabled')
    expect(receiver.received).toHaveLength(1)
  })

  it('leaves what waits for it held as disabled, until it is enabled', async () => {
    await using scene = await gatedScene(router, { concurrency: 1 })
    const { tenant, receiver } = scene
    receiver.answers(410, 200)
    await postBatch(tenant, numbered(1, 5))
    const held = await eventually(async () => {
      const deliveries = await list(tenant, 'deliveries?state=held')
      return deliveries.length > 0 && deliveries[0].held_by === 'disabled' && deliveries
    })
    await change(tenant, `destinations/${scene.id}`, { enabled: true })
    await eventually(async () => (await list(tenant, 'deliveries?state=held')).length === 0)
    expect(held.length).toBeGreaterThanOrEqual(3)
    expect(await list(tenant, 'deliveries?state=dead')).toHaveLength(1)
    await eventually(async () => (await list(tenant, 'deliveries?state=delivered')).length === 4)
    expect(receiver.received).toHaveLength(5)
  })
})

describe('an event of Switchyard’s own', () => {
  it('is never matched by *, and once by switchyard.*', async () => {
    await using scene = await gatedScene(router, { retry: { schedule_s: [], jitter: 0 } })
    const { tenant, receiver } = scene
    await using alerts = await startedReceiver()
    await connection(tenant, await destination(tenant, alerts.receiver), {
      event_types: ['switchyard.*'],
    })
    receiver.answers(500, 200)
    const { json: event } = await post(tenant)
    await alerts.receiver.until((received) => received.length >= 1)
    const [alert] = alerts.receiver.received
    expect(typeOf(alert!)).toBe('switchyard.delivery.dead')
    expect(dataOf(alert!)).toMatchObject({ event_id: event.id, last_status: 500 })
    const [notice] = await list(tenant, 'events?type=switchyard.delivery.dead')
    const { verdicts } = await read(tenant, `events/${notice.id}`)
    expect(verdicts).toContainEqual({ connection_id: scene.connectionId, verdict: 'type' })
    await post(tenant, { data: 'after' })
    await receiver.until((received) => received.length >= 2)
    expect(receiver.received.map(typeOf)).toEqual(['video.generated', 'video.generated'])
    expect(alerts.receiver.received).toHaveLength(1)
  })
})

async function startedReceiver() {
  const receiver = await startReceiver()
  return { receiver, [Symbol.asyncDispose]: () => receiver.close() }
}

const typeOf = ({ headers }: { headers: Record<string, string> }) =>
  headers['switchyard-event-type']
