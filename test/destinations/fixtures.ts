import { bindDestination } from '../../src/destinations/bind.ts'
import type { BoundDestination } from '../../src/destinations/bind.ts'
import type { Addressee, Message, World } from '../../src/destinations/destination.ts'
import { memoryTokens } from '../support/tokens.ts'

export const hmacSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

export const messageOf = (parts: Partial<Message> = {}): Message => ({
  event: {
    id: 'evt_01hv0t6r2m0000kq3k8v7h2p9s4d6',
    type: 'video.generated',
    source_id: null,
    source: null,
    subject: null,
    time: '2026-11-20T10:00:00.000Z',
    received_at: 1_795_168_800_000,
    content_type: 'application/json',
    headers: {},
    order_key: null,
    priority: 'normal',
    dedupe_key: null,
    replay_of: null,
  },
  body: new TextEncoder().encode('{"id":12345678901234567890}'),
  contentType: 'application/json',
  deliveryId: 'dlv_01hv0t6r2m0000kq3k8v7h2p9s4d600',
  connectionId: 'con_1',
  attempt: 1,
  sequence: null,
  mapped: {},
  ...parts,
})

/** A message of an event of this kind and data, which happened at `at`. */
export const messageAbout = (
  type: string,
  data: unknown,
  parts: Partial<Message> = {},
  at = Date.now(),
): Message => {
  const message = messageOf({ body: new TextEncoder().encode(JSON.stringify(data)), ...parts })
  const time = new Date(at).toISOString()
  return { ...message, event: { ...message.event, type, time, ...parts.event } }
}

export const addresseeOf = (parts: Partial<Addressee> = {}): Addressee => ({
  destinationId: 'dst_1',
  signingSecrets: [hmacSecret],
  timeoutMs: 5000,
  ...parts,
})

/** The real clock and the real network, with this machine allowed. */
export function worldOf(parts: Partial<World> = {}): World {
  const { now = Date.now } = parts
  return {
    now,
    fetch,
    tokens: memoryTokens(now),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    allowlist: ['127.0.0.0/8'],
    queue: () => null,
    mailer: () => null,
    ...parts,
  }
}

export function bound(type: string, config: unknown): BoundDestination {
  const result = bindDestination(type, config)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
