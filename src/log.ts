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
  | { at: 'step.crashed'; step: string; error: string }

export type Log = (line: Line) => void

/** What happens all the time, and is in the ledger for who asks. Each line costs, so it is said only on request. */
const isRoutine = (line: Line): boolean =>
  line.at === 'event.accepted' ||
  line.at === 'event.duplicate' ||
  (line.at === 'delivery.attempted' && line.outcome === 'delivered')

export const logToConsole: Log = (line) => {
  console.log(JSON.stringify(line))
}

/** `all`: every line (`LOG=all`); otherwise everything that did not go as it should. */
export const logAt = (level: string): Log =>
  level === 'all'
    ? logToConsole
    : (line) => {
        if (!isRoutine(line)) logToConsole(line)
      }
