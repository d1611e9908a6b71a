import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AttemptReport } from '../../src/model/outcome.ts'
import { bytes, deliveriesWhere, failed, LedgerUnderTest, ok, stopClock, text } from './a-ledger.ts'

beforeEach(() => stopClock())
afterEach(() => {
  vi.useRealTimers()
})

const inLane = { to: [{ lane: 'con_1:a' }] }
const slow: AttemptReport = { ...ok, duration_ms: 500 }

/** Three events of one lane, each with a body of its own; the first one's lease. */
async function threeInLane(bodies: readonly string[] = ['"one"', '"two"', '"three"']) {
  const ledger = await LedgerUnderTest.with()
  const leases = []
  for (const body of bodies) {
    const accepted = await ledger.offer(inLane, bytes(body))
    if (accepted.kind === 'accepted') leases.push(...accepted.leases)
  }
  const [first] = leases
  if (first === undefined || leases.length > 1) throw new Error('not one lease')
  return { ledger, first }
}

it('tells the holder of a lane what stands behind the one that it is given', async () => {
  const { ledger, first } = await threeInLane()
  const { jobs, leases, next } = await ledger.settle(first, ok, 60_000)
  expect([jobs.length, leases]).toEqual([1, []])
  expect(text(jobs[0]!.body)).toBe('"two"')
  expect(text(next!.body)).toBe('"three"')
  expect(next).toMatchObject({ sequence: 3, attempt: 1, destination_id: 'dst_1' })
  // It is told, not given.
  expect(await ledger.delivery(next!.delivery_id)).toMatchObject({ state: 'held' })
  expect(next).not.toHaveProperty('token')
})

it('gives what the holder has already as a lease alone', async () => {
  const { ledger, first } = await threeInLane()
  const { jobs, next } = await ledger.settle(first, ok, 60_000)
  const { delivery_id, token } = jobs[0]!
  const settled = await ledger.api.settle(delivery_id, token, ok, 60_000, next!.delivery_id)
  expect(settled.jobs).toEqual([])
  expect(settled.leases).toMatchObject([{ delivery_id: next!.delivery_id, sequence: 3 }])
  expect(settled.next).toBeNull()
  const [lease] = settled.leases
  expect(await ledger.settle(lease!)).toMatchObject({ heard: true, state: 'delivered' })
})

it('gives whole what is not the one that the holder has', async () => {
  const { ledger, first } = await threeInLane()
  const settled = await ledger.api.settle(first.delivery_id, first.token, ok, 60_000, 'dlv_other')
  expect(settled.leases).toEqual([])
  expect(text(settled.jobs[0]!.body)).toBe('"two"')
})

it.each<[string, string[] | undefined, AttemptReport]>([
  ['the receiver is slow', undefined, slow],
  ['its body is large', ['"one"', '"two"', 'x'.repeat(16_385)], ok],
  ['the one before it failed', undefined, failed],
])('tells nothing where %s', async (_, bodies, report) => {
  const { ledger, first } = await threeInLane(bodies)
  expect((await ledger.settle(first, report, 60_000)).next).toBeNull()
})

it('tells nothing of what stands in no lane, or was canceled', async () => {
  const ledger = await LedgerUnderTest.with({ destinations: { dst_1: { concurrency: 1 } } })
  const lease = await ledger.lease()
  await ledger.accept()
  await ledger.accept()
  expect(await ledger.settle(lease, ok, 60_000)).toMatchObject({ jobs: [{}], next: null })
  const lane = await threeInLane()
  const { data } = await lane.ledger.api.deliveries(
    // The lane's third, which is the newest.
    deliveriesWhere({ order: 'desc', limit: 1 }),
  )
  await lane.ledger.api.cancel(data[0]!.id)
  expect((await lane.ledger.settle(lane.first, ok, 60_000)).next).toBeNull()
})
