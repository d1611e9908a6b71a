import type { Json } from './json.ts'
import type { Priority } from './connection.ts'

/** An event without its bytes: what filters, mappings and readers see of it. */
export interface EventHead {
  id: string
  type: string
  /** Where it came in; `null` for events posted through the API or made by Switchyard itself. */
  source_id: string | null
  /** CloudEvents' `source` and `subject`, or the poster's own words. */
  source: string | null
  subject: string | null
  /** When it happened, RFC 3339; when it was stored, in ms. */
  time: string
  received_at: number
  content_type: string | null
  /** The request's headers in lower case, with everything that could be a credential masked. */
  headers: Record<string, string>
  order_key: string | null
  priority: Priority
  dedupe_key: string | null
  replay_of: string | null
}

/** What filters and JSONata expressions look at. `data` is `undefined` where the body is not JSON. */
export interface EventView {
  id?: string
  type: string
  source: string | null
  subject: string | null
  time: string
  order_key: string | null
  headers: Record<string, string>
  data: Json | undefined
}

/** Where and how a filter first said no. `path` is like `data.items[0].sku`. */
export interface FailedLeaf {
  path: string
  operator: string
  expected: Json
  actual: Json | undefined
}

/** Why a connection that could have taken the event did or did not. */
export type Verdict =
  | { connection_id: string; verdict: 'delivery'; delivery_id: string }
  | { connection_id: string; verdict: 'type' }
  | { connection_id: string; verdict: 'disabled' }
  | { connection_id: string; verdict: 'filtered'; failed_at: FailedLeaf }

/** A verdict before the delivery has its id. */
export type PlannedVerdict =
  | Exclude<Verdict, { verdict: 'delivery' }>
  | {
      connection_id: string
      verdict: 'delivery'
      destination_id: string
      priority: Priority
      /** The order key's lane; `null`: no order asked for. */
      lane: string | null
    }
