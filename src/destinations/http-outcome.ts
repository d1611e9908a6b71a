import type { Outcome } from '../model/outcome.ts'
import type { ReceivedResponse } from './destination.ts'
import { retryAfterMs } from './retry-after.ts'

/**
 * What a status means to a receiver that speaks plain HTTP (Standard Webhooks 1.0, "Webhook consumers"): 2xx delivered, 410 never again,
 * everything else later, and not before `Retry-After`.
 */
export function httpOutcome({ status, headers }: ReceivedResponse, nowMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 410) return { kind: 'refused', cause: 'gone', disable: true }
  const asked = retryAfterMs(headers.get('retry-after'), nowMs)
  return {
    kind: 'failed',
    cause: status === 429 ? 'rate_limited' : 'status',
    ...(asked === null ? {} : { retry_after_ms: asked }),
  }
}
