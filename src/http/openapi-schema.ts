import * as z from 'zod'

export type Schema = Record<string, unknown>

export const isRecord = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null

/** The schemas that have a name, as they turn up. */
export const named: Schema = {}

/** Answers may grow: who reads one must not insist that it has no other members. */
const open = ({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void => {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
}

/** As JSON Schema; what is named (`.meta({ id })`) goes among the document's components. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const answer = io === 'output'
  const written = z.toJSONSchema(z.object({ it: schema }), {
    io,
    unrepresentable: 'any',
    ...(answer ? { override: open } : {}),
  })
  const text = JSON.stringify(written).replaceAll('"#/$defs/', '"#/components/schemas/')
  const { properties, $defs }: Schema = JSON.parse(text)
  Object.assign(named, $defs)
  return isRecord(properties) && isRecord(properties['it']) ? properties['it'] : {}
}
