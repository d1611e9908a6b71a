/** How many times a second one core can ask a simple filter of eight leaves: `node test/bench/filter.ts` */
import type { EventView } from '../../src/model/event.ts'
import { compileFilter } from '../../src/routing/filter.ts'

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
if (!compiled.ok) throw new Error(JSON.stringify(compiled.error))
const filter = compiled.value

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

function measure(name: string, views: readonly EventView[]): void {
  const rounds = 300_000
  let best = 0
  for (let trial = 0; trial < 5; trial++) {
    let matched = 0
    const start = performance.now()
    for (let i = 0; i < rounds; i++) {
      for (const one of views) if (filter(one) === null) matched++
    }
    const seconds = (performance.now() - start) / 1000
    best = Math.max(best, (rounds * views.length) / seconds)
    if (matched !== 0 && matched !== rounds * views.length) throw new Error('mixed verdicts')
  }
  console.log(`${name}: ${(best / 1e6).toFixed(2)} M evaluations/s`)
}

measure(
  '8 leaves, match',
  Array.from({ length: 8 }, (_, i) => view(100 + i)),
)
measure(
  '8 leaves, no match',
  Array.from({ length: 8 }, (_, i) => view(i)),
)
