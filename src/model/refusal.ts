/**
 * What probably went wrong, where trying it showed that the proof would have held. `body_was_changed`: the signature is of the same
 * JSON written otherwise. `secret_of_another_kind`: it fits the secret read in another way. `url_differs`: it is of another form
 * of the URL. `clock_skew`: all but the time is in order.
 */
export const likelyCauses = [
  'body_was_changed',
  'secret_of_another_kind',
  'url_differs',
  'clock_skew',
] as const

export type LikelyCause = (typeof likelyCauses)[number]

/** Why an inbound request was not accepted. The rejection keeps all of it; the caller learns only a code. */
export type Refusal =
  | { reason: 'missing_header'; header: string }
  | { reason: 'malformed_header'; header: string }
  | { reason: 'missing_field'; field: string }
  | { reason: 'signature_mismatch'; likely_cause?: LikelyCause }
  | { reason: 'credentials_mismatch' }
  | { reason: 'timestamp_malformed'; header: string }
  | { reason: 'timestamp_outside_tolerance'; skew_s: number; likely_cause?: LikelyCause }
  | { reason: 'malformed_body'; detail: string }
  | { reason: 'untrusted_url'; detail: string }
  /** The sender's certificate could not be had just now, so that nothing is proved either way. */
  | { reason: 'certificate_unavailable'; detail: string }
  | { reason: 'certificate_invalid'; detail: string }
  | { reason: 'source_disabled' }
  | { reason: 'payload_too_large'; limit: number }
  | { reason: 'method_not_allowed'; method: string }
  | { reason: 'body_unreadable' }

export type RefusalReason = Refusal['reason']
