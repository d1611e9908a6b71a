import type { Outcome } from './model/outcome.ts'
import type { RefusalReason } from './model/refusal.ts'

/** Everything the router ever says: one line per step. A secret cannot be logged, for want of a field for it. */
export type Line =
  | {
      at: 'event.accepted'
      tenant_id: string
      event_id: string
      source_id: string | null
      type: string
      deliveries: number
    }
  | { at: 'event.duplicate'; tenant_id: string; event_id: string; source_id: string | null }
  | { at: 'event.refused'; tenant_id: string; source_id: string; reason: RefusalReason }
  | {
      at: 'delivery.attempted'
      tenant_id: string
      delivery_id: string
      destination_id: string
      attempt: number
      status: number | null
      outcome: Outcome['kind']
      state: string | null
      ms: number
    }
  | { at: 'delivery.buried'; tenant_id: string; delivery_id: string }
  | { at: 'destination.disabled'; tenant_id: string; destination_id: string }
  | { at: 'config.notice_lost'; tenant_id: string }
  | { at: 'ledger.alarm'; tenant_id: string; shard: number; released: number; error?: string }
  | { at: 'step.crashed'; step: string; error: string }

export type Log = (line: Line) => void

export const logToConsole: Log = (line) => {
  console.log(JSON.stringify(line))
}
