import type { Stopped } from '../destination.ts'

/** An account that waits for its owner's consent: what is sent meanwhile is tried again by schedule. */
export const notConnected: Stopped = {
  outcome: { kind: 'failed', cause: 'credentials' },
  error:
    'The account is not connected yet: POST /api/v1/destinations/{id}/oauth/authorize tells where.',
}
