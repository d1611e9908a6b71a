import jsonata from 'jsonata'
import type { EventView } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import { type Result, err, ok } from '../model/result.ts'
import { type Budget, Stopped, maxSequence, maxSteps, maxWaiting, newBudget } from './budget.ts'
import { type Inspection, inspect } from './inspect-ast.ts'
import { type Base, type Hooks, assign, onEntry, onExit } from './jsonata-inside.ts'
import { guardedNatives } from './natives.ts'
import { copy, toPlain } from './plain.ts'
import { regexEngine } from './regex-engine.ts'
import { type Found, simplePath } from './simple-path.ts'
import { spendArray, spendDeep, spendText } from './weigh.ts'

export interface Expression {
  /** The answer of a simple path, at once; `complex` where `evaluate` has to be asked. */
  now(view: EventView): Found
  /** The result as plain JSON (`undefined`: nothing), or why there is none. It always ends. */
  evaluate(view: EventView): Promise<Result<Json | undefined, string>>
}

export interface ExpressionError {
  message: string
  /** Where in the text, if it is known. */
  position: number | null
}

const budgets = new WeakMap<Base, Budget>()
const budgetOf = (base: Base): Budget => {
  const budget = budgets.get(base)
  if (budget === undefined) throw new Stopped('The expression has no budget')
  return budget
}

let natives: ReturnType<typeof guardedNatives> | undefined

/**
 * Compiles JSONata (https://docs.jsonata.org) over an event's view. It has JSONata's own functions but
 * `$eval`; `$now` and `$millis` are the time of the evaluation. Every evaluation has a budget
 * (`budget.ts`) that pays for each visit of the evaluator, for deep work on data and for regular
 * expressions, so neither recursion nor doubling nor backtracking can hold a Worker.
 */
export function compileExpression(text: string): Result<Expression, ExpressionError> {
  const compiled = parse(text)
  if (!compiled.ok) return compiled
  const inspection = inspect(compiled.value.ast())
  if ('message' in inspection) return err(inspection)
  const hooks = hooksFor(inspection)
  assign(compiled.value, onEntry, hooks.entry)
  assign(compiled.value, onExit, hooks.exit)
  natives ??= guardedNatives(({ base }) => budgetOf(base))
  for (const [name, native] of natives) assign(compiled.value, name, native)
  const path = simplePath(text.trim())
  const now = path ?? (() => complex)
  return ok({
    now,
    evaluate: async (view) => {
      const found = now(view)
      return found.kind === 'found' ? ok(found.value) : run(compiled.value, view)
    },
  })
}

const complex: Found = { kind: 'complex' }

function parse(text: string): Result<jsonata.Expression, ExpressionError> {
  try {
    return ok(jsonata(text, { stack: maxWaiting, sequence: maxSequence }))
  } catch (error) {
    const { message, position } = described(error)
    return err({ message: message ?? 'The expression cannot be parsed', position })
  }
}

/** The evaluation that is being started: the first visit, which is made at once, takes its budget. */
let starting: Budget | null = null

async function run(
  expression: jsonata.Expression,
  view: EventView,
): Promise<Result<Json | undefined, string>> {
  const budget = newBudget(maxSteps)
  try {
    const { data, ...head } = view
    const input = { ...head, headers: { ...head.headers } }
    const whole = data === undefined ? input : { ...input, data: copy(data) }
    starting = budget
    const evaluation = expression.evaluate(whole)
    starting = null
    return ok(toPlain(await evaluation))
  } catch (error) {
    return err(cut(described(error).message ?? 'The expression failed'))
  } finally {
    // Elements of an array are evaluated side by side: one failure does not end the others.
    budget.end()
  }
}

function hooksFor({ readToTheEnd, hasRegex }: Inspection): Hooks {
  return {
    entry(node, input, { base }) {
      if (starting !== null) {
        budgets.set(base, starting)
        if (hasRegex) base.RegexEngine = regexEngine(starting)
        starting = null
      }
      const budget = budgetOf(base)
      budget.spend(1)
      const { type } = node
      if (type === 'wildcard' || type === 'descendant') spendDeep(input, budget)
      else if (type === 'name' && Array.isArray(input)) spendArray(input, budget)
    },
    exit(node, _input, { base }, result) {
      const budget = budgetOf(base)
      if (readToTheEnd.has(node)) spendDeep(result, budget)
      else if (typeof result === 'string') spendText(result, budget)
      else if (Array.isArray(result)) spendArray(result, budget)
    },
  }
}

/** What JSONata or we threw; of an error from inside the engine nothing is told. */
function described(error: unknown): { message: string | null; position: number | null } {
  if (typeof error !== 'object' || error === null || !('code' in error)) {
    return { message: null, position: null }
  }
  const message = 'message' in error && typeof error.message === 'string' ? error.message : null
  const position = 'position' in error && typeof error.position === 'number' ? error.position : null
  return { message, position }
}

const longestMessage = 300

const cut = (message: string): string =>
  message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message
