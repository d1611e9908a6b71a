/** Operations that a bill counts. */
export interface Counts {
  /** Of the Worker, from outside. */
  requests: number
  ledger_calls: number
  alarms: number
  /** In the ledgers; a `setAlarm` and each key of their key-value part is one too. */
  rows_written: number
  rows_read: number
  /** Messages written, read and deleted. */
  queue_operations: number
  d1_statements: number
}

export const noCounts = (): Counts => ({
  requests: 0,
  ledger_calls: 0,
  alarms: 0,
  rows_written: 0,
  rows_read: 0,
  queue_operations: 0,
  d1_statements: 0,
})

export function countsSince(before: Counts, after: Counts): Counts {
  const since = noCounts()
  for (const [name, value] of Object.entries(after)) {
    const key = name as keyof Counts // A key of `Counts`, for `after` is one.
    since[key] = value - before[key]
  }
  return since
}
