import type { Counts } from './counts.ts'

/** Cloudflare's list prices of 2026-11-20 in US dollars a million, above what the paid plan includes. */
export const pricedOn = '2026-11-20'

const perMillion = {
  requests: 0.3,
  cpu_ms: 0.02,
  /** A call and an alarm are a request of the object each. */
  ledger_calls: 0.15,
  alarms: 0.15,
  rows_written: 1,
  rows_read: 0.001,
  queue_operations: 0.4,
  /** Rows read; a look at a tenant's configuration reads at most about a hundred. */
  d1_statements: 100 * 0.001,
} as const satisfies Record<keyof Counts | 'cpu_ms', number>

export type Operations = Counts & { cpu_ms: number }

/** What a million events cost of which `events` took these operations, in all and by line of the bill. */
export function billOf(operations: Operations, events: number): Record<string, number> {
  const lines = Object.entries(perMillion).map(([name, price]): [string, number] => [
    name,
    (operations[name as keyof Operations] / events) * price, // A key of the table above.
  ])
  const total = lines.reduce((sum, [, dollars]) => sum + dollars, 0)
  return { ...Object.fromEntries(lines), total }
}
