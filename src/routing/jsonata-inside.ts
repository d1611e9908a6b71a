import jsonata from 'jsonata'

/**
 * What we use of JSONata 2.2.2 beyond its declared interface: two hooks that the evaluator calls at
 * every visit, and the definitions of its functions. The tests of `expression.ts` fail if an upgrade
 * changes any of it.
 */
export const onEntry = Symbol.for('jsonata.__evaluate_entry')
export const onExit = Symbol.for('jsonata.__evaluate_exit')
const onFrame = Symbol.for('jsonata.__createFrame_push')

/** The outermost frame of one evaluation: one of these for each call of `evaluate`. */
export interface Base {
  RegexEngine: unknown
  timestamp: Date
}

export interface Environment {
  base: Base
  lookup(name: string): unknown
}

/** `this` of a function that is called from an expression. */
export interface Focus {
  environment: Environment
}

export interface Native {
  _jsonata_function: true
  implementation: (this: Focus, ...args: unknown[]) => unknown
  signature?: unknown
}

/** A visit's node. Which members there are depends on the type. */
export type AstNode = { [member: string]: unknown }

export interface Hooks {
  entry(node: AstNode, input: unknown, environment: Environment): void
  exit(node: AstNode, input: unknown, environment: Environment, result: unknown): void
}

interface Assigning {
  assign(name: string | symbol, value: unknown): void
}

/** Binds something that every evaluation of this expression finds. */
export function assign(
  expression: jsonata.Expression,
  name: string | symbol,
  value: unknown,
): void {
  // Sound: the name becomes a key of the frame's bindings, where JSONata looks its hooks' symbols up.
  const assigning = expression as Assigning
  assigning.assign(name, value)
}

const names = (
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase ' +
  'length trim pad match contains replace split join formatNumber formatBase formatInteger ' +
  'parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single ' +
  'reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle ' +
  'distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl ' +
  'toMillis fromMillis clone'
).split(' ')

/** JSONata's own functions, except `$eval`, `$now` and `$millis`. */
export function nativeFunctions(): Map<string, Native> {
  const natives = new Map<string, Native>()
  const probe = jsonata('1')
  assign(probe, onFrame, (outer: { lookup(name: string): unknown }) => {
    for (const name of names) {
      const native = outer.lookup(name)
      // The name is one of those that JSONata defines with `defineFunction`.
      if (native !== undefined) natives.set(name, native as Native)
    }
  })
  // The frame is made before `evaluate` first waits, so the functions are known when it returns.
  void probe.evaluate(null)
  return natives
}
