import type { NewConnection, Priority } from '../model/connection.ts'
import type { EventView, PlannedVerdict } from '../model/event.ts'
import { type Result, err, ok } from '../model/result.ts'
import { type Expression, compileExpression } from './expression.ts'
import { type Filter, type FilterError, compileFilter } from './filter.ts'
import { type CompiledOrder, laneOf } from './order-key.ts'
import { type Looks, looksOfEvent } from './looks.ts'
import { compilePatterns } from './pattern.ts'

/** What routing reads of a connection. */
export type ConnectionRecord = Omit<NewConnection, 'name' | 'config'> & { id: string }

export interface CompiledConnection {
  id: string
  /** `null`: events posted through the API and those of every source. */
  source_id: string | null
  destination_id: string
  enabled: boolean
  matchesType: (type: string) => boolean
  filter: Filter | null
  transform: Expression | null
  order: CompiledOrder | null
  priority: Priority
}

/**
 * Compiles a connection once for many events. `destinationEnabled` is part of it, because a connection
 * to a disabled destination takes nothing. All mistakes are told, each with its path
 * (`filter.data.total.$gt`, `transform`, `order.key`).
 */
export function compileConnection(
  record: ConnectionRecord,
  destinationEnabled: boolean,
): Result<CompiledConnection, FilterError[]> {
  const errors: FilterError[] = []
  const filter = record.filter === null ? null : compileFilter(record.filter)
  if (filter !== null && !filter.ok) errors.push(...filter.error)
  const transform = expression(record.transform, 'transform', errors)
  const key = expression(record.order?.key ?? null, 'order.key', errors)
  if (errors.length > 0) return err(errors)
  return ok({
    id: record.id,
    source_id: record.source_id,
    destination_id: record.destination_id,
    enabled: record.enabled && destinationEnabled,
    matchesType: compilePatterns(record.event_types),
    filter: filter?.ok === true ? filter.value : null,
    transform,
    order: record.order === null ? null : { key },
    priority: record.priority,
  })
}

function expression(text: string | null, path: string, errors: FilterError[]): Expression | null {
  if (text === null) return null
  const compiled = compileExpression(text)
  if (compiled.ok) return compiled.value
  const { message, position } = compiled.error
  errors.push({ path, message: position === null ? message : `${message} (at ${position})` })
  return null
}

/**
 * One verdict for every connection that could have taken the event, in their order. A connection bound
 * to another source could not, and gets none. `priority` is the event's own: it wins over the
 * connection's unless it is `normal`. Waits only for order keys that need an expression to be run.
 * `looks`: what the filters may look at, where other connections are asked for the same event elsewhere.
 */
export async function route(
  view: EventView,
  sourceId: string | null,
  connections: readonly CompiledConnection[],
  priority: Priority = 'normal',
  looks: Looks = looksOfEvent(),
): Promise<PlannedVerdict[]> {
  const verdicts: PlannedVerdict[] = []
  for (const connection of connections) {
    if (connection.source_id !== null && connection.source_id !== sourceId) continue
    const refused = refusal(view, connection, looks)
    if (refused !== null) {
      verdicts.push(refused)
      continue
    }
    const lane = laneOf(connection.id, connection.order, view)
    verdicts.push({
      connection_id: connection.id,
      verdict: 'delivery',
      destination_id: connection.destination_id,
      priority: priority === 'normal' ? connection.priority : priority,
      lane: typeof lane === 'object' && lane !== null ? await lane : lane,
    })
  }
  return verdicts
}

function refusal(
  view: EventView,
  connection: CompiledConnection,
  looks: Looks,
): Exclude<PlannedVerdict, { verdict: 'delivery' }> | null {
  const { id, enabled, matchesType, filter } = connection
  if (!enabled) return { connection_id: id, verdict: 'disabled' }
  if (!matchesType(view.type)) return { connection_id: id, verdict: 'type' }
  const failed_at = filter === null ? null : filter(view, looks)
  return failed_at === null ? null : { connection_id: id, verdict: 'filtered', failed_at }
}
