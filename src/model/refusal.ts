/** Why an inbound request was not accepted. The rejection keeps all of it; the caller learns only a code. */
export type Refusal =
  | { reason: 'missing_header'; header: string }
  | { reason: 'malformed_header'; header: string }
  | { reason: 'missing_field'; field: string }
  | { reason: 'signature_mismatch' }
  | { reason: 'credentials_mismatch' }
  | { reason: 'timestamp_malformed'; header: string }
  | { reason: 'timestamp_outside_tolerance'; skew_s: number }
  | { reason: 'malformed_body'; detail: string }
  | { reason: 'untrusted_url'; detail: string }
  | { reason: 'source_disabled' }
  | { reason: 'payload_too_large'; limit: number }
  | { reason: 'method_not_allowed'; method: string }
  | { reason: 'body_unreadable' }

export type RefusalReason = Refusal['reason']
