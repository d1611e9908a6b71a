import type { Priority } from '../model/connection.ts'
import type { DeliveryState, Gate } from '../model/delivery.ts'
import type { EventHead, PlannedVerdict, Verdict } from '../model/event.ts'
import type { LedgerConfig } from '../model/ledger-config.ts'
import type { Attempt, AttemptReport, Trigger } from '../model/outcome.ts'
import type { Page } from '../model/page.ts'
import type { Refusal } from '../model/refusal.ts'

/** All of an event's head that has no column of its own. */
export type HeadColumn = Omit<EventHead, 'id' | 'type' | 'source_id' | 'received_at'>

export interface NewEvent {
  type: string
  source_id: string | null
  /** The rest of its head (`HeadColumn`) as JSON: it is stored as it comes, so that nobody writes it twice. */
  head: string
  /** `key` is scoped by the caller (source or API). `content_hash`: a repeat with another one is a conflict. */
  dedupe: {
    scope: string
    key: string
    window_ms: number | null
    content_hash: string | null
  } | null
  plan: PlannedVerdict[]
}

/** The right to make one attempt, until the ledger takes it back. */
export interface Lease {
  delivery_id: string
  event_id: string
  connection_id: string
  destination_id: string
  sequence: number | null
  attempt: number
  trigger: Trigger
  /** Fencing: `settle` is heard only with the token of the lease that is alive. */
  token: string
  /** The configuration that it was granted under: the attempt must not use an older one. */
  version: number
  timeout_ms: number
  /** How long to wait before sending, so that a rate limit is kept evenly. */
  wait_ms: number
}

/** An invocation that can send: how many at once, and for how long still. */
export interface Carrier {
  capacity: number
  roomMs: number
}

/** A lease with what is to be sent. */
export interface Job extends Lease {
  head: EventHead
  body: Uint8Array
}

/** What stands behind a delivery in its lane, to be made ready while that is on its way: no right to send it. */
export type Upcoming = Omit<Job, 'trigger' | 'token' | 'version' | 'timeout_ms' | 'wait_ms'>

export type AcceptResult =
  /** `leases` are of this event, whose bytes the caller has; `jobs` of others that waited for a sender. */
  | { kind: 'accepted'; event_id: string; received_at: number; leases: Lease[]; jobs: Job[] }
  | { kind: 'duplicate'; event_id: string }
  | { kind: 'conflict'; event_id: string }
  /** The ledger knows a newer configuration: load it and decide again. */
  | { kind: 'stale' }
  /** The ledger has not been told of this configuration yet: `configure` it, then ask again. */
  | { kind: 'behind' }
  | { kind: 'limited'; retry_after_ms: number }
  /** Too many deliveries are waiting already. */
  | { kind: 'full' }

export type ClaimResult = { kind: 'granted'; jobs: Job[] } | { kind: 'gone' }

export interface SettleResult {
  /** `false`: the lease was no longer alive, and nothing was changed. */
  heard: boolean
  /** What became of the delivery. */
  state: DeliveryState | null
  /** More work for this carrier. */
  jobs: Job[]
  /** The same, where it has the event already. */
  leases: Lease[]
  /** What stands behind that, if it is small and the receiver answers fast. */
  next: Upcoming | null
}

/** What travels through the queues: where the work is, never the work itself. */
export type Pointer =
  | { kind: 'deliver'; tenant_id: string; shard: number; delivery_id: string; token: string }
  | { kind: 'bury'; tenant_id: string; shard: number; delivery_id: string }

export interface Delivery {
  id: string
  event_id: string
  event_type: string
  connection_id: string
  destination_id: string
  state: DeliveryState
  held_by: Gate | null
  next_attempt_at: number | null
  lane: string | null
  sequence: number | null
  priority: Priority
  attempt_count: number
  last_status: number | null
  /** Why it is dead or canceled. */
  cause: string | null
  replay_of: string | null
  replayed_as: string | null
  created_at: number
  ended_at: number | null
}

/** A dead delivery whose burial is owed. `disables`: its destination is to be disabled for it. */
export type DeadLetter = Delivery & { disables: boolean }

export type DeliveryDetail = Delivery & { attempts: Attempt[] }

export interface EventSummary extends EventHead {
  size: number
  duplicates: number
}

export type EventDetail = EventSummary & { verdicts: Verdict[] }

export interface Rejection {
  id: string
  source_id: string
  at: number
  refusal: Refusal
  method: string
  headers: Record<string, string>
  body_size: number
}

interface ListQuery {
  limit: number
  order: 'asc' | 'desc'
  /** The id after which the page starts (the last of the page before). */
  after: string | null
  /** Half-open, in ms: `since` ≤ time < `until`. */
  since: number | null
  until: number | null
}

export interface EventQuery extends ListQuery {
  type: string | null
  source_id: string | null
  /** Text that the payload holds, exactly. */
  q: string | null
}

export interface DeliveryQuery extends ListQuery {
  state: DeliveryState | null
  destination_id: string | null
  connection_id: string | null
  event_id: string | null
  event_type: string | null
  response_status: number | null
  /** Only dead letters that have not been replayed. */
  unreplayed: boolean
}

export interface RejectionQuery extends ListQuery {
  source_id: string | null
}

export interface DestinationHealth {
  circuit: 'closed' | 'open' | 'probing'
  consecutive_failures: number
  held: number
  in_flight: number
  oldest_held_at: number | null
  /** Time to deliver what is held at the present rate; `null` where it cannot be said. */
  drain_eta_s: number | null
}

export interface ReplaySelection {
  destination_id: string | null
  connection_id: string | null
  event_type: string | null
  since: number | null
  until: number | null
}

export interface ReplayJob {
  id: string
  state: 'running' | 'done' | 'canceled'
  total: number
  done: number
  failed: number
  created_at: number
}

export type ActResult =
  | { kind: 'done' }
  | { kind: 'not_found' }
  | {
      kind: 'not_possible'
      reason: 'canceled' | 'in_flight' | 'ended' | 'destination_disabled' | 'destination_deleted'
    }

/** A shared access token: have it, or go and get a new one. `last`: the one of before, for what it says of the next. */
export type TokenClaim =
  | { kind: 'token'; sealed: string; expires_at: number }
  | { kind: 'refresh'; last: { sealed: string; expires_at: number } | null }
  /** The caller that this one has waited for got none. */
  | { kind: 'failed'; error: string }

/** `lasting`: it holds what the next refresh needs, and so is kept when it has expired. */
export interface NewToken {
  sealed: string
  fingerprint: string
  expires_at: number
  lasting: boolean
}

/** The ledger as its callers see it: one per tenant and shard, spoken to by RPC. */
export interface LedgerApi {
  configure(config: LedgerConfig): Promise<void>
  accept(
    version: number,
    event: NewEvent,
    body: Uint8Array,
    carrier: Carrier,
  ): Promise<AcceptResult>
  acceptBatch(
    version: number,
    events: { event: NewEvent; body: Uint8Array }[],
    carrier: Carrier,
  ): Promise<AcceptResult[]>
  /** `stale`: as for `accept`; nothing was kept. */
  reject(
    version: number,
    rejection: Omit<Rejection, 'id' | 'at'>,
  ): Promise<'kept' | 'stale' | 'behind'>
  claim(pointer: { delivery_id: string; token: string }): Promise<ClaimResult>
  /** `holds`: the delivery of which the carrier has been told as the next. */
  settle(
    delivery_id: string,
    token: string,
    report: AttemptReport,
    room_ms: number,
    holds?: string | null,
  ): Promise<SettleResult>
  /** The dead delivery's facts for its notice, or `null` where it has been buried before. */
  dead(delivery_id: string): Promise<DeadLetter | null>
  buried(delivery_id: string): Promise<void>

  events(query: EventQuery): Promise<Page<EventSummary>>
  event(id: string): Promise<EventDetail | null>
  payload(id: string): Promise<{ head: EventHead; body: Uint8Array } | null>
  deliveries(query: DeliveryQuery): Promise<Page<Delivery>>
  delivery(id: string): Promise<DeliveryDetail | null>
  rejections(query: RejectionQuery): Promise<Page<Rejection>>
  rejection(id: string): Promise<Rejection | null>
  health(destination_id: string): Promise<DestinationHealth>

  retry(delivery_id: string): Promise<ActResult>
  cancel(delivery_id: string): Promise<ActResult>
  replayDead(job_id: string, selection: ReplaySelection): Promise<ReplayJob>
  job(id: string): Promise<ReplayJob | null>
  cancelJob(id: string): Promise<ReplayJob | null>

  /** Waits while another caller refreshes the same token. `key` names whose it is. */
  claimToken(key: string, stale: string | null): Promise<TokenClaim>
  saveToken(key: string, token: NewToken): Promise<void>
  /** There is no new token, and `error` says why. */
  releaseToken(key: string, error: string): Promise<void>

  /** Deletes everything, for a tenant that is deleted. */
  erase(): Promise<void>
}
