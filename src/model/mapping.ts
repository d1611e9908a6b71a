import * as z from 'zod'

const Expression = z.string().min(1).max(20_000)

/** JSONata by the name of the field that it replaces; evaluated over what filters see, with the transformed data. */
export const Mapping = z.record(z.string().min(1).max(60), Expression)
export type Mapping = z.infer<typeof Mapping>

/** A mapping of which only these fields may be replaced. */
export const mappingOf = <const Names extends readonly string[]>(names: Names) =>
  z.partialRecord(z.enum(names), Expression).default({})
