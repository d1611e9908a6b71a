import type { EventView } from '../../../src/model/event.ts'
import { compileFilter } from '../../../src/routing/filter.ts'
import type { Case } from '../case.ts'

const compiled = compileFilter({
  type: 'order.created',
  headers: { 'X-Region': 'eu' },
  data: {
    status: { $in: ['paid', 'pending'] },
    total: { $gte: 100, $lt: 10_000 },
    customer: { email: { $endsWith: '@example.com' }, vip: true },
    tags: 'gift',
  },
})

const view = (total: number): EventView => ({
  type: 'order.created',
  source: null,
  subject: null,
  time: '2026-01-01T00:00:00.000Z',
  order_key: null,
  headers: { 'content-type': 'application/json', 'x-region': 'eu' },
  data: {
    id: `order-${total}`,
    status: 'paid',
    total,
    customer: { email: `c${total}@example.com`, vip: true },
    tags: ['new', 'gift'],
  },
})

/** Half of them match, with all leaves looked at; the others fail at the total. */
const views = Array.from({ length: 16 }, (_, i) => view(92 + i))

function perSecond(rounds: number): number {
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
  const filter = compiled.value
  let matched = 0
  const startedMs = performance.now()
  for (let round = 0; round < rounds; round++) {
    for (const one of views) if (filter(one) === null) matched += 1
  }
  const seconds = (performance.now() - startedMs) / 1000
  if (matched !== (rounds * views.length) / 2) throw new Error('not half of them match')
  return (rounds * views.length) / seconds
}

export const filter: Case = {
  name: 'filter',
  keys: ['filter_per_s'],
  note: 'eight leaves, every other event matches; in Node, on the same engine',
  when: 'once',
  async run() {
    perSecond(30_000)
    return { filter_per_s: Array.from({ length: 5 }, () => perSecond(100_000)) }
  },
}
