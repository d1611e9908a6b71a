import type { Mapping } from '../model/mapping.ts'
import { compileExpression, type Expression } from '../routing/index.ts'

/** A mapping's expressions by the field that each replaces. */
export type CompiledMapping = ReadonlyMap<string, Expression>

/** What was saved has been checked: an expression that does not compile was saved by a newer version, and is left out. */
export function compileMapping(mapping: Mapping): CompiledMapping {
  const compiled = new Map<string, Expression>()
  for (const [field, text] of Object.entries(mapping)) {
    const expression = compileExpression(text)
    if (expression.ok) compiled.set(field, expression.value)
  }
  return compiled
}
