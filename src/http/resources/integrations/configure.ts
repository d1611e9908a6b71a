import * as z from 'zod'
import { ConnectionConfig, EventPattern } from '../../../model/connection.ts'
import { integrationOf } from '../../../pipeline/integrations.ts'
import type { Services } from '../../../pipeline/bound-services.ts'
import { type Acting, type Example, json, type Route, route } from '../../route.ts'
import { changeIntegration, type Made, makeIntegration, type Renamed } from './face.ts'

/** What every integration takes beside its type's own config. */
const routed = {
  events: z
    .array(EventPattern)
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'What it is told of; everything, unless told.' }),
  filter: z.record(z.string(), z.unknown()).nullable().optional(),
}

const ConfiguredShape = z
  .object({
    integration: z.string(),
    id: z.string().meta({ description: 'Of the destination, which it is.' }),
    connection_id: z.string(),
    config: z.record(z.string(), z.unknown()).meta({ description: 'Credentials are masked.' }),
    events: z.array(z.string()),
    filter: z.record(z.string(), z.unknown()).nullable(),
    enabled: z.boolean(),
  })
  .meta({ id: 'Integration' })

const shown = (
  integration: string,
  { destination, connection }: Omit<Made, 'secret'>,
): z.infer<typeof ConfiguredShape> => ({
  integration,
  id: destination.id,
  connection_id: connection.id,
  config: destination.config,
  events: connection.event_types,
  filter: connection.filter,
  enabled: destination.enabled && connection.enabled,
})

type Config = Record<string, unknown>

export interface Configurable {
  /** The type's name, which is the integration's as well: a tenant has it once on this face. */
  kind: string
  title: string
  tag: string
  path: string
  /** Members of the face that are the config's own under its own names. */
  fields?: Record<string, z.ZodType>
  /** Names of the config for which the face has others. */
  renamed?: Renamed
  /** Expressions that make the face's own events readable; the caller's come before them. */
  mapping?: Record<string, string>
  /** Whether members that are not given again go. */
  replaces?: boolean
  example: Config
}

const withOwnNames = (given: Config, renamed: Renamed): Config => {
  const own = new Map(Object.entries(renamed).map(([name, faceName]) => [faceName, name]))
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [own.get(name) ?? name, value]),
  )
}

const withMapping = (config: Config, mapping: Record<string, string>): Config => {
  const own = ConnectionConfig.shape.mapping.safeParse(config['mapping'])
  // What is no mapping is the type's own schema to refuse.
  return own.success ? { ...config, mapping: { ...mapping, ...own.data } } : config
}

type Given = Config & { events?: string[] | undefined; filter?: Config | null | undefined }

async function configured(
  services: Services,
  as: Acting,
  { kind, title, renamed = {}, mapping = {}, replaces = false }: Configurable,
  { events, filter, ...given }: Given,
): Promise<Response> {
  const own = withOwnNames(given, renamed)
  let there = await integrationOf(services, as.tenant.id, kind)
  if (there === null) {
    const config = withMapping(own, mapping)
    const draft = { kind, type: kind, name: title, config, events, filter, renamed }
    const made = await makeIntegration(services, as, draft)
    if (!made.ok) return made.error
    there = await integrationOf(services, as.tenant.id, kind)
    const { connection, destination } = made.value
    if (there === null || there.connection.id === connection.id) {
      return json(shown(kind, made.value), 201)
    }
    // Another one was made meanwhile and counts: two would tell everything twice.
    await as.config.destinations.remove(destination.id)
  }
  const config = replaces || own['mapping'] !== undefined ? withMapping(own, mapping) : own
  const ids = { destination: there.destination.id, connection: there.connection.id }
  // Configured anew is meant to work again, whatever had disabled it.
  const change = { config, replaces, events, filter, enabled: true, renamed }
  const changed = await changeIntegration(services, as, ids, change)
  return changed.ok ? json(shown(kind, changed.value)) : changed.error
}

/** `POST …/configure`: makes the integration the first time, and changes it afterwards. */
export function configureRoute(about: Configurable): Route {
  const { kind, title, tag, path, fields = {}, example } = about
  const examples: Example[] = [{ summary: title, value: example }]
  return route({
    method: 'POST',
    path,
    access: 'operator',
    tag,
    summary: `Configure ${title}`,
    description: `Makes a destination of type ${kind} and a connection to it, or changes those that were made here. Beside \`events\` and \`filter\` it takes the members of the type’s \`config\`, as \`GET /api/v1/destination-types\` describes them.`,
    body: z.looseObject({ ...routed, ...fields }),
    examples,
    answers: {
      200: { description: 'Changed.', schema: ConfiguredShape },
      201: { description: 'Made.', schema: ConfiguredShape },
    },
    problems: ['limit_reached'],
    handle: ({ services, as, body }) => configured(services, as, about, body),
  })
}
