/** What one attempt came to, in the words that decide what happens next. */
export type Outcome =
  /** The receiver has it. */
  | { kind: 'delivered' }
  /** It may work later. `retry_after_ms` is the receiver's own lower bound. */
  | { kind: 'failed'; cause: FailureCause; retry_after_ms?: number }
  /** It will not work later. `disable`: nothing else will either, until somebody acts. */
  | { kind: 'refused'; cause: RefusalCause; disable?: boolean }

export type FailureCause =
  | 'status'
  | 'timeout'
  | 'connection'
  | 'rate_limited'
  | 'credentials'
  /** The lease ran out before the outcome was known. */
  | 'interrupted'

export type RefusalCause =
  | 'status'
  | 'gone'
  | 'blocked_address'
  | 'transform_failed'
  | 'mapping_invalid'
  | 'credentials'
  | 'exhausted'
  | 'destination_deleted'
  | 'connection_deleted'

/** What an attempt leaves behind for people. Nothing in it is a secret. */
export interface AttemptReport {
  outcome: Outcome
  duration_ms: number
  /** `null` where there was no answer. */
  status: number | null
  /** The start of the answer's body, up to 16 KiB, as text. */
  response_body?: string
  response_truncated?: boolean
  /** What went wrong, in a sentence for the destination's owner. */
  error?: string
  /** The headers as sent, with credentials masked. */
  request_headers: Record<string, string>
}

export type Trigger = 'first' | 'retry' | 'manual'

export interface Attempt {
  number: number
  at: number
  trigger: Trigger
  duration_ms: number
  status: number | null
  error?: string
  response_body?: string
  response_truncated?: boolean
  request_headers: Record<string, string>
}
