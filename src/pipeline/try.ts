import type { NewConnection } from '../model/connection.ts'
import type { EventHead, EventView } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { parseJson } from '../model/json.ts'
import { newId } from '../model/ids.ts'
import type { AttemptReport } from '../model/outcome.ts'
import { sampleOf } from '../model/catalogue.ts'
import { err, ok, type Result } from '../model/result.ts'
import { type CompiledConnection, compileConnection, route, transform } from '../routing/index.ts'
import { utf8 } from '../signing/bytes.ts'
import { sendTo } from './attempt.ts'
import { refused, viewOf } from './prepare.ts'
import type { Services } from './bound-services.ts'
import { mapFields } from './mapping.ts'
import { paced } from './pace.ts'
import { tenantLedger } from './shards.ts'
import type { DryRun } from './verbs.ts'

/** Types that send the very bytes they get, and so need none of the catalogue's to show something. */
const plainTypes = new Set(['webhook', 'sink', 'queue'])

/**
 * Sends a sample at once and answers what came of it: the catalogue's for `eventType`, and where none is asked for, its first
 * one to a receiver with a form of its own. Nothing is stored, held or retried.
 */
export async function testDestination(
  services: Services,
  tenantId: string,
  destinationId: string,
  eventType: string | null,
): Promise<AttemptReport | null> {
  const snapshot = await services.snapshots.reload(tenantId)
  const destination = snapshot?.destinations.get(destinationId)
  if (destination === undefined) return null
  const now = services.now()
  const byDefault = plainTypes.has(destination.record.type) ? 'switchyard.test' : 'video.generated'
  const type = eventType ?? byDefault
  const plain = { type, message: 'A test from Switchyard', destination_id: destinationId }
  const body = utf8(JSON.stringify(sampleOf(type) ?? plain))
  const head: EventHead = {
    id: newId('event', now, services.random(16)),
    type,
    source_id: null,
    source: 'switchyard',
    subject: null,
    time: new Date(now).toISOString(),
    received_at: now,
    content_type: 'application/json',
    headers: {},
    order_key: null,
    priority: 'normal',
    dedupe_key: null,
    replay_of: null,
  }
  const job = {
    head,
    delivery_id: newId('delivery', now, services.random(16)),
    connection_id: 'test',
    attempt: 1,
    sequence: null,
  }
  const mapped = await mapFields(
    services,
    tenantId,
    destination.mapping,
    undefined,
    viewOf(head, body),
  )
  if (!mapped.ok) return refused('mapping_invalid', mapped.error)
  const content = { body, contentType: head.content_type, mapped: mapped.value }
  return sendTo(services, tenantId, destination, job, content, null)
}

/** An event that is only thought of. */
export interface DraftEvent {
  type: string
  data: unknown
  source?: string | null | undefined
  subject?: string | null | undefined
  time?: string | undefined
  order_key?: string | null | undefined
  headers: Record<string, string>
}

export type DryRunOn = { event: DraftEvent } | { event_id: string } | { last: number }

interface Tried {
  id: string | null
  sourceId: string | null
  view: EventView
}

/** What `connection` would do with a drafted event, a stored one, or the last ones, newest first. Nothing is sent. */
export async function dryRun(
  services: Services,
  tenantId: string,
  connection: NewConnection,
  on: DryRunOn,
): Promise<Result<DryRun[], 'not_found'>> {
  const compiled = compileConnection({ ...connection, id: 'con_dry_run' }, true)
  if (!compiled.ok) return err('not_found')
  const run = (tried: Tried) => paced(services, tenantId, () => runOn(compiled.value, tried))
  if ('event' in on) return ok([await run(drafted(services, on.event))])
  const tenant = await services.configuration.tenants.get(tenantId)
  if (tenant === null) return err('not_found')
  const ledger = tenantLedger(services, tenant)
  const ids = 'event_id' in on ? [on.event_id] : await lastIds(ledger, on.last)
  const runs: DryRun[] = []
  for (const id of ids) {
    // One by one: all payloads at once may be more than an isolate holds.
    const stored = await ledger.payload(id)
    if (stored === null && 'event_id' in on) return err('not_found')
    if (stored === null) continue
    const { head, body } = stored
    runs.push(await run({ id, sourceId: head.source_id, view: viewOf(head, body) }))
  }
  return ok(runs)
}

const mostInPage = 250

async function lastIds(ledger: ReturnType<typeof tenantLedger>, last: number): Promise<string[]> {
  const ids: string[] = []
  for (let after: string | null = null; ids.length < last;) {
    const limit = Math.min(mostInPage, last - ids.length)
    const query = { limit, order: 'desc' as const, after, since: null, until: null }
    const page = await ledger.events({ ...query, type: null, source_id: null, q: null })
    ids.push(...page.data.map(({ id }) => id))
    after = page.next_cursor
    if (after === null) break
  }
  return ids
}

const drafted = (services: Services, event: DraftEvent): Tried => ({
  id: null,
  sourceId: null,
  view: {
    type: event.type,
    source: event.source ?? null,
    subject: event.subject ?? null,
    time: event.time ?? new Date(services.now()).toISOString(),
    order_key: event.order_key ?? null,
    headers: event.headers,
    // Once through text, so that what the filter sees is what a stored event would hold.
    data: parseJson(utf8(JSON.stringify(event.data) ?? '')),
  },
})

async function runOn(
  connection: CompiledConnection,
  { id, sourceId, view }: Tried,
): Promise<DryRun> {
  const [verdict] = await route(view, sourceId, [connection])
  const run = { event_id: id, type: view.type }
  // A connection bound to another source could not have taken it: its type is not of this stream.
  if (verdict === undefined) return { ...run, verdict: 'type' }
  if (verdict.verdict === 'filtered')
    return { ...run, verdict: 'filtered', failed_at: verdict.failed_at }
  if (verdict.verdict !== 'delivery') return { ...run, verdict: verdict.verdict }
  if (connection.transform === null) return { ...run, verdict: 'delivery' }
  const transformed = await transform(connection.transform, view)
  if (!transformed.ok) return { ...run, verdict: 'transform_failed', error: transformed.error }
  const body: Json | undefined = parseJson(transformed.value)
  return body === undefined
    ? { ...run, verdict: 'delivery' }
    : { ...run, verdict: 'delivery', body }
}
