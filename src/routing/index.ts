export { type Expression, type ExpressionError, compileExpression } from './expression.ts'
export { type Filter, type FilterError, compileFilter } from './filter.ts'
export { type CompiledOrder, laneOf } from './order-key.ts'
export { compilePatterns } from './pattern.ts'
export {
  type CompiledConnection,
  type ConnectionRecord,
  compileConnection,
  route,
} from './route.ts'
export { transform } from './transform.ts'
