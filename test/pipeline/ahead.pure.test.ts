import { expect, it } from 'vitest'
import type { Job } from '../../src/ledger/protocol.ts'
import { isGood, type Ready } from '../../src/pipeline/ahead.ts'
import type { CompiledSnapshot } from '../../src/pipeline/snapshots.ts'

// What the question looks at; the rest of each is of no matter here.
const snapshot = { version: 7 } as CompiledSnapshot
const ready = { deliveryId: 'dlv_1', attempt: 1, madeAt: 5000, snapshot } as Ready
const job = { delivery_id: 'dlv_1', attempt: 1 } as Job

it('is good for the very attempt, under the same configuration, within the second', () => {
  expect(isGood(ready, snapshot, job, 5999)).toBe(true)
})

it.each([
  ['another delivery', { ...job, delivery_id: 'dlv_2' }, snapshot, 5000],
  ['another attempt', { ...job, attempt: 2 }, snapshot, 5000],
  ['another configuration', job, { ...snapshot, version: 8 }, 5000],
  ['no configuration', job, null, 5000],
  ['a second later', job, snapshot, 6000],
])('is not for %s', (_, asked, now, at) => {
  expect(isGood(ready, now, asked, at)).toBe(false)
})
