import type { Json } from '../model/json.ts'
import type { FailedLeaf } from '../model/event.ts'
import type { Priority } from '../model/connection.ts'
import type { Refusal } from '../model/refusal.ts'

/** What became of an inbound request. `http/` turns it into an answer. */
export type Received =
  | { kind: 'accepted'; event_id: string; response: Response | null }
  | { kind: 'duplicate'; event_id: string; response: Response | null }
  /** A batch, split: what became of each of its events, in their order. */
  | { kind: 'split'; events: { event_id: string; duplicate: boolean }[]; response: Response | null }
  /** A handshake: what the provider asks for, and no event. */
  | { kind: 'answered'; response: Response }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'not_found' }
  | { kind: 'method_not_allowed'; allow: readonly string[] }
  | { kind: 'limited'; retry_after_ms: number }
  /** The tenant's backlog is full, or the ledger could not be reached: nothing was stored, try again. */
  | { kind: 'unavailable'; retry_after_ms: number }

/** One event that a product posts. `data` is the very bytes that will be delivered. */
export interface PostedEvent {
  type: string
  data: Uint8Array
  content_type: string | null
  /** The dedupe key within the tenant. */
  id: string | null
  time: string | null
  subject: string | null
  source: string | null
  order_key: string | null
  priority: Priority
  headers: Record<string, string>
}

export type Posted =
  | { kind: 'accepted'; event_id: string }
  | { kind: 'duplicate'; event_id: string }
  | { kind: 'conflict'; event_id: string }
  | { kind: 'limited'; retry_after_ms: number }
  | { kind: 'unavailable'; retry_after_ms: number }
  /** The key was revoked, or the tenant deleted, since it was last looked at. */
  | { kind: 'unauthorized' }

/** What a connection would do with an event. */
export interface DryRun {
  event_id: string | null
  type: string
  verdict: 'delivery' | 'type' | 'filtered' | 'disabled' | 'transform_failed'
  failed_at?: FailedLeaf
  /** The transformed body, where there is a transform. */
  body?: Json
  error?: string
}
