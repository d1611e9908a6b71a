import type { Addressee, Message, World } from '../destinations/destination.ts'
import type { Job, Upcoming } from '../ledger/protocol.ts'
import { type Json, parseJson } from '../model/json.ts'
import type { EventHead, EventView } from '../model/event.ts'
import type { AttemptReport, RefusalCause } from '../model/outcome.ts'
import { transform, type Expression } from '../routing/index.ts'
import type { Services } from './bound-services.ts'
import { mapFields } from './mapping.ts'
import { paced } from './pace.ts'
import type { CompiledDestination, CompiledSnapshot } from './snapshots.ts'
import { sharedTokens } from './shared-tokens.ts'

/** What filters, transforms and order keys see of an event. */
export function viewOf(head: EventHead, body: Uint8Array): EventView {
  // Read at the first look: most events are routed without one.
  let parsed: { data: Json | undefined } | null = null
  return {
    id: head.id,
    type: head.type,
    source: head.source,
    subject: head.subject,
    time: head.time,
    order_key: head.order_key,
    headers: head.headers,
    get data() {
      parsed ??= { data: parseJson(body) }
      return parsed.data
    },
  }
}

export const refused = (cause: RefusalCause, error: string): AttemptReport => ({
  outcome: { kind: 'refused', cause },
  duration_ms: 0,
  status: null,
  error,
  request_headers: {},
})

interface Content {
  body: Uint8Array
  contentType: string | null
}

export type Mapped = Content & { mapped: Readonly<Record<string, Json>> }

/** The lease that the attempt is made under does not wait for ever. */
const longestPaceMs = 5000

async function contentOf(
  services: Services,
  tenantId: string,
  { head, body }: Upcoming,
  expression: Expression | null,
): Promise<Content | AttemptReport> {
  if (expression === null) return { body, contentType: head.content_type }
  const work = () => transform(expression, viewOf(head, body))
  const transformed = await paced(services, tenantId, work, longestPaceMs)
  return transformed.ok
    ? { body: transformed.value, contentType: 'application/json' }
    : refused('transform_failed', transformed.error)
}

/** What an attempt is made with: the configuration, and what the destination is to get. */
export interface Prepared {
  snapshot: CompiledSnapshot
  destination: CompiledDestination
  content: Mapped
}

/** What a delivery brings to its destination, under one configuration; a report where it can bring nothing. */
export async function prepare(
  services: Services,
  tenantId: string,
  snapshot: CompiledSnapshot | null,
  job: Upcoming,
): Promise<Prepared | AttemptReport> {
  const destination = snapshot?.destinations.get(job.destination_id)
  if (snapshot === null || destination === undefined) {
    return refused('destination_deleted', 'The destination has been deleted.')
  }
  const connection = snapshot.connections.get(job.connection_id)
  if (connection === undefined) {
    return refused('connection_deleted', 'The connection has been deleted.')
  }
  const content = await contentOf(services, tenantId, job, connection.transform)
  if ('outcome' in content) return content
  const view = viewOf(job.head, content.body)
  const own = snapshot.mappings.get(job.connection_id)
  const mapped = await mapFields(services, tenantId, destination.mapping, own, view)
  if (!mapped.ok) return refused('mapping_invalid', mapped.error)
  return { snapshot, destination, content: { ...content, mapped: mapped.value } }
}

export type Addressed = Pick<Job, 'head' | 'delivery_id' | 'connection_id' | 'attempt' | 'sequence'>

/** What a destination is told, to send or to make its request: signed with what signs now. */
export function addressed(
  services: Services,
  tenantId: string,
  { record, signingSecrets }: CompiledDestination,
  job: Addressed,
  { body, contentType, mapped }: Mapped,
): [Message, Addressee, World] {
  const now = services.now()
  const signing = signingSecrets.filter(({ until }) => until === null || until > now)
  return [
    {
      event: job.head,
      body,
      contentType,
      deliveryId: job.delivery_id,
      connectionId: job.connection_id,
      attempt: job.attempt,
      sequence: job.sequence,
      mapped,
    },
    {
      destinationId: record.id,
      signingSecrets: signing.map(({ secret }) => secret),
      timeoutMs: record.timeout_ms,
    },
    {
      now: services.now,
      fetch: services.fetch,
      tokens: sharedTokens(services, tenantId),
      random: services.random,
      allowlist: services.allowlist,
      queue: services.queue,
      mailer: services.mailer,
    },
  ]
}
