import { isJsonObject } from '../../model/json.ts'
import type { TenantConfig } from '../../config/config.ts'
import { destinationTypes, isDestinationType } from '../../destinations/index.ts'
import type { ConnectionChange, ConnectionConfig } from '../../model/connection.ts'
import { compileExpression, compileFilter } from '../../routing/index.ts'
import type { FieldError } from '../problem.ts'

/** What is wrong with a JSONata expression; nothing, where there is none. */
export function expressionErrors(path: string, text: string | null | undefined): FieldError[] {
  if (text === null || text === undefined) return []
  const compiled = compileExpression(text)
  if (compiled.ok) return []
  const { message, position } = compiled.error
  return [{ path, message: position === null ? message : `${message} (at ${position})` }]
}

/** What is wrong with the expressions of a mapping, each with its path. */
export const mappingErrors = (path: string, mapping: unknown): FieldError[] =>
  isJsonObject(mapping)
    ? Object.entries(mapping).flatMap(([field, text]) =>
        typeof text === 'string' ? expressionErrors(`${path}.${field}`, text) : [],
      )
    : []

/** The fields of a connection's mapping that its destination's type does not have. */
export async function unknownFields(
  destinations: Pick<TenantConfig['destinations'], 'get'>,
  destinationId: string,
  { mapping }: ConnectionConfig,
): Promise<FieldError[]> {
  const fields = Object.keys(mapping)
  if (fields.length === 0) return []
  const type = (await destinations.get(destinationId))?.type
  // That there is no such destination is said where the connection is saved.
  if (type === undefined || !isDestinationType(type)) return []
  const known = destinationTypes[type].mapping.map(({ name }) => name)
  return fields
    .filter((field) => !known.includes(field))
    .map((field) => ({
      path: `config.mapping.${field}`,
      message: `${type} has no such field; it has ${known.join(', ') || 'none'}`,
    }))
}

/** Everything in a connection that could never work, so that it is said now and not at the first event. */
export function connectionErrors({
  filter,
  transform,
  order,
  config,
}: ConnectionChange): FieldError[] {
  const compiled = compileFilter(filter ?? {})
  return [
    ...(compiled.ok ? [] : compiled.error),
    ...expressionErrors('transform', transform),
    ...expressionErrors('order.key', order?.key),
    ...mappingErrors('config.mapping', config?.mapping),
  ]
}
