import type { EventView } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { err, ok, type Result } from '../model/result.ts'
import type { Services } from './bound-services.ts'
import type { CompiledMapping } from './compile-mapping.ts'
import { paced } from './pace.ts'

/** The lease that the attempt is made under does not wait for ever. */
const longestPaceMs = 5000

/**
 * What the fields come to for this event: the connection's expression before the destination's. One that comes to nothing leaves
 * the field's default; one that fails says which and why.
 */
export async function mapFields(
  services: Pick<Services, 'now' | 'sleep'>,
  tenantId: string,
  destination: CompiledMapping,
  connection: CompiledMapping | undefined,
  view: EventView,
): Promise<Result<Record<string, Json>, string>> {
  const mapped: Record<string, Json> = {}
  for (const [field, expression] of new Map([...destination, ...(connection ?? [])])) {
    const work = () => expression.evaluate(view)
    const result = await paced(services, tenantId, work, longestPaceMs)
    if (!result.ok) return err(`mapping.${field}: ${result.error}`)
    if (result.value !== undefined) mapped[field] = result.value
  }
  return ok(mapped)
}
