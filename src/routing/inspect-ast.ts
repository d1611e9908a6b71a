import type { AstNode } from './jsonata-inside.ts'
import { prepareRegex } from './regex-engine.ts'

export interface Inspection {
  /** Nodes whose results the evaluator reads to their end without a visit: each is paid for. */
  readToTheEnd: ReadonlySet<unknown>
  hasRegex: boolean
}

export interface Objection {
  message: string
  position: number | null
}

/**
 * Looks through a parsed expression for what cannot be bounded while it runs, and notes which
 * results are read deeply: compared, made into text, merged, or put into an error's message.
 */
export function inspect(ast: unknown): Inspection | Objection {
  const readToTheEnd = new Set<unknown>()
  const seen = new Set<unknown>()
  let hasRegex = false
  const rest: unknown[] = [ast]
  while (rest.length > 0) {
    const node = rest.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    if (node instanceof RegExp) {
      hasRegex = true
      continue
    }
    if (Array.isArray(node)) {
      rest.push(...node)
      continue
    }
    const members = Object.fromEntries(Object.entries(node))
    const objection = objectionTo(members)
    if (objection !== null) return { message: objection, position: positionOf(members) }
    for (const operand of readBy(members)) readToTheEnd.add(operand)
    rest.push(...Object.values(members))
  }
  return { readToTheEnd, hasRegex }
}

function objectionTo(node: AstNode): string | null {
  if (node['type'] === 'variable' && node['value'] === 'eval') return '$eval is not available'
  if (node['type'] === 'regex' && node['value'] instanceof RegExp)
    return prepareRegex(node['value'])
  if (node['type'] === 'lambda' && isOpenEnded(node['signature'])) {
    return "A function's signature has too many optional or repeated parameters"
  }
  return null
}

/** Signatures are matched by a regular expression that JSONata makes of them. */
function isOpenEnded(signature: unknown): boolean {
  if (typeof signature !== 'object' || signature === null) return false
  const text = 'definition' in signature ? String(signature.definition) : '++'
  return (text.match(/\+/g)?.length ?? 0) > 1 || (text.match(/[?-]/g)?.length ?? 0) > 8
}

function readBy(node: AstNode): unknown[] {
  const keys = [node, node['group']].flatMap((place) => {
    if (typeof place !== 'object' || place === null || !('lhs' in place)) return []
    return Array.isArray(place.lhs)
      ? place.lhs.map((pair: unknown) => (Array.isArray(pair) ? pair[0] : pair))
      : []
  })
  if (node['type'] === 'transform') return [node['pattern'], node['update'], node['delete']]
  if (node['type'] === 'unary' && node['value'] === '-') return [node['expression']]
  if (node['type'] === 'binary' && ['&', '=', '!='].includes(String(node['value']))) {
    return [node['lhs'], node['rhs']]
  }
  return keys
}

const positionOf = (node: AstNode): number | null =>
  typeof node['position'] === 'number' ? node['position'] : null
