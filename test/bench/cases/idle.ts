import type { Case } from '../case.ts'
import { countsSince } from '../counts.ts'
import { counted, countingRuntime, countsOf, idle } from './counted.ts'

export const idleOps: Case = {
  name: 'idle',
  keys: ['idle_ops'],
  note: 'ledger calls, alarms, rows written, queue operations and statements in 60 s, while other cases run elsewhere',
  when: 'end',
  async run(stage, scale) {
    if (idle.counts === null) await counted.run(stage, scale)
    const left = idle.sinceMs + scale.idleS * 1000 - performance.now()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)))
    const runtime = await countingRuntime(stage)
    if (idle.counts === null) throw new Error('nothing was counted')
    const since = countsSince(idle.counts, await countsOf(runtime))
    const { ledger_calls, alarms, rows_written, queue_operations, d1_statements } = since
    return {
      idle_ops: ledger_calls + alarms + rows_written + queue_operations + d1_statements,
      'idle.alarms': alarms,
      'idle.rows_written': rows_written,
    }
  },
}
