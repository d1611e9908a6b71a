import * as z from 'zod'
import type {
  ConnectionRecord,
  ConnectionRefusal,
  DestinationRecord,
  NotCreated,
} from '../../../config/config.ts'
import { destinationTypes, isDestinationType } from '../../../destinations/index.ts'
import type { DestinationTypeName } from '../../../destinations/index.ts'
import { NewConnection } from '../../../model/connection.ts'
import { NewDestination } from '../../../model/destination.ts'
import { err, ok, type Result } from '../../../model/result.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import { markOf } from '../../../pipeline/integrations.ts'
import { mergedConfig } from '../../merged-config.ts'
import { type FieldError, invalid, notFound, problem } from '../../problem.ts'
import type { Acting } from '../../route.ts'
import { connectionErrors } from '../connection-errors.ts'
import { checkedConfig, newSigningSecret, typeOf } from '../destination-shape.ts'

/** An integration as the face's callers describe it. */
export interface Draft {
  kind: string
  type: string
  name: string
  config: Record<string, unknown>
  events: string[] | undefined
  filter: Record<string, unknown> | null | undefined
  /** The caller's own signing secret. */
  secret?: string | undefined
  renamed?: Renamed
}

export interface Made {
  destination: DestinationRecord
  connection: ConnectionRecord
  /** Open, this once; `null` where the destination does not sign. */
  secret: string | null
}

/** What the config calls otherwise than the face: its name, and the face's. */
export type Renamed = Readonly<Record<string, string>>

/** The face has the members of `config` at its own top, some of them by other names. */
const atTop = (errors: readonly FieldError[], renamed: Renamed = {}): Response =>
  invalid(
    errors.map(({ path, message }) => {
      const own = path.replace(/^config(?:\.|$)/, '')
      return { path: renamed[own] ?? own, message }
    }),
  )

function refused(error: NotCreated | ConnectionRefusal | 'masked_secret' | 'not_found'): Response {
  if (error === 'limit_reached') {
    return problem('limit_reached', 'The tenant has all the integrations that it may have.')
  }
  if (error === 'masked_secret') {
    return invalid([{ path: '', message: 'holds a mask (••••) where a secret belongs' }])
  }
  return notFound(error === 'unknown_tenant' ? 'tenant' : 'integration')
}

const wrongIn = ({ events, filter }: Pick<Draft, 'events' | 'filter'>): FieldError[] =>
  connectionErrors({
    ...(events === undefined ? {} : { event_types: events }),
    ...(filter === undefined ? {} : { filter }),
  })

/** A destination and the marked connection to it, both or neither. */
export async function makeIntegration(
  services: Services,
  { config }: Acting,
  draft: Draft,
): Promise<Result<Made, Response>> {
  const type = typeOf(draft.type)
  if (!type.ok) return type
  const bound = checkedConfig(type.value, draft.config, services.allowlist)
  if (!bound.ok) return err(atTop(bound.error, draft.renamed))
  const errors = wrongIn(draft)
  if (errors.length > 0) return err(invalid(errors))
  const { signing, secretPaths, rateLimit } = bound.value
  const secret =
    signing === null ? null : (draft.secret ?? (await newSigningSecret(services, signing)))
  const asked = NewDestination.parse({ name: draft.name, type: draft.type, config: draft.config })
  const destination = await config.destinations.create({
    ...asked,
    rate_limit: rateLimit,
    secretPaths,
    signing_secret: secret,
  })
  if (!destination.ok) return err(refused(destination.error))
  const connection = await config.connections.create(
    NewConnection.parse({
      name: markOf(draft.kind),
      destination_id: destination.value.id,
      ...(draft.events === undefined ? {} : { event_types: draft.events }),
      filter: draft.filter ?? null,
    }),
  )
  if (connection.ok) {
    return ok({ destination: destination.value, connection: connection.value, secret })
  }
  await config.destinations.remove(destination.value.id)
  return err(refused(connection.error))
}

export interface Change {
  config?: Record<string, unknown>
  /** Members of the config that are not given go, where they would stay. */
  replaces?: boolean
  events?: string[] | undefined
  filter?: Record<string, unknown> | null | undefined
  enabled?: boolean | undefined
  renamed?: Renamed
}

/** What is given replaces what there is; of `config` each member by itself, as with a destination's own. */
export async function changeIntegration(
  services: Services,
  { config }: Acting,
  ids: { destination: string; connection: string },
  change: Change,
): Promise<Result<Omit<Made, 'secret'>, Response>> {
  const errors = wrongIn({ events: change.events, filter: change.filter })
  if (errors.length > 0) return err(invalid(errors))
  const { enabled } = change
  const destination = await config.destinations.reconfigure(ids.destination, async (stored) => {
    const type = typeOf(stored.type)
    if (!type.ok) return type
    const next = await nextConfig(services, type.value, stored, change)
    if (!next.ok) return next
    return ok({ ...next.value, ...(enabled === undefined ? {} : { enabled }) })
  })
  if (!destination.ok) {
    return err(
      destination.error instanceof Response ? destination.error : refused(destination.error),
    )
  }
  const connection = await config.connections.update(ids.connection, {
    ...(change.events === undefined ? {} : { event_types: change.events }),
    ...(change.filter === undefined ? {} : { filter: change.filter }),
  })
  return connection.ok
    ? ok({ destination: destination.value, connection: connection.value })
    : err(refused(connection.error))
}

async function nextConfig(
  { allowlist }: Services,
  type: DestinationTypeName,
  stored: DestinationRecord,
  { config, replaces = false, renamed }: Change,
) {
  const secretPaths = destinationTypes[type].secrets
  if (config === undefined) return ok({ secretPaths })
  const gone = replaces ? Object.keys(stored.config).map((name) => [name, null]) : []
  const change = { ...Object.fromEntries(gone), ...config }
  const merged = await mergedConfig(stored.config, change, secretPaths)
  if (!merged.ok) return merged
  const bound = checkedConfig(type, merged.value, allowlist)
  return bound.ok
    ? ok({ secretPaths, config: merged.value })
    : err<Response>(atTop(bound.error, renamed))
}

interface ConfigSchema {
  properties?: Record<string, unknown>
  anyOf?: ConfigSchema[]
  oneOf?: ConfigSchema[]
}

const namesIn = ({ properties = {}, anyOf = [], oneOf = [] }: ConfigSchema): string[] => [
  ...Object.keys(properties),
  ...[...anyOf, ...oneOf].flatMap(namesIn),
]

/** What a type calls a member of its config: the first of `names` that it knows. */
export function nameIn(type: string, names: readonly string[]): string {
  const [byDefault = ''] = names
  if (!isDestinationType(type)) return byDefault
  // JSON Schema as zod writes it: of it only the names of members are read.
  const schema = z.toJSONSchema(destinationTypes[type].config, { io: 'input' }) as ConfigSchema
  const known = new Set(namesIn(schema))
  return names.find((name) => known.has(name)) ?? byDefault
}
