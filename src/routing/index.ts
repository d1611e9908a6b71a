export { type Expression, compileExpression } from './expression.ts'
export { compileFilter } from './filter.ts'
export { type CompiledConnection, compileConnection, route } from './route.ts'
export { transform } from './transform.ts'
