import { type Result, err, ok } from '../model/result.ts'
import { type Node, parseRegex } from './regex-parse.ts'
import type { UnitTest } from './regex-unit.ts'

/** One instruction. `split` tries `first` and, if that leads nowhere, `second`. */
export type Instruction =
  | { op: 'unit'; test: UnitTest }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'save'; slot: number }
  | { op: 'clear'; from: number; to: number }
  /** Fails where nothing was taken since the `save` of that slot: such a loop would not end. */
  | { op: 'moved'; slot: number }
  | { op: 'look'; end: number; negative: boolean }
  | { op: 'back'; index: number }
  | { op: 'start' | 'end' | 'boundary' | 'inside' | 'match' }

export interface Program {
  code: Instruction[]
  groups: number
  slots: number
  multiline: boolean
  ignoreCase: boolean
}

const maxInstructions = 5_000

class TooLarge extends Error {}

/** The program for a regular expression, or why it cannot be had. */
export function compileRegex(regex: RegExp): Result<Program, string> {
  const parsed = parseRegex(regex.source, regex.ignoreCase)
  if (!parsed.ok) return parsed
  const { root, groups } = parsed.value
  const code: Instruction[] = []
  let slots = (groups + 1) * 2

  function put(instruction: Instruction): number {
    if (code.length >= maxInstructions) throw new TooLarge()
    return code.push(instruction) - 1
  }

  function emit(node: Node): void {
    switch (node.kind) {
      case 'unit':
        put({ op: 'unit', test: node.test })
        break
      case 'sequence':
        for (const part of node.parts) emit(part)
        break
      case 'choice':
        emitChoice(node.options)
        break
      case 'group':
        put({ op: 'save', slot: node.index * 2 })
        emit(node.body)
        put({ op: 'save', slot: node.index * 2 + 1 })
        break
      case 'repeat':
        emitRepeat(node)
        break
      case 'look': {
        const look = { op: 'look' as const, end: 0, negative: node.negative }
        put(look)
        emit(node.body)
        put({ op: 'match' })
        look.end = code.length
        break
      }
      case 'back':
        put({ op: 'back', index: node.index })
        break
      default:
        put({ op: node.kind })
    }
  }

  function emitChoice(options: readonly Node[]): void {
    const ends: { op: 'jump'; to: number }[] = []
    for (const [i, option] of options.entries()) {
      if (i === options.length - 1) {
        emit(option)
        continue
      }
      const split = { op: 'split' as const, first: code.length + 1, second: 0 }
      put(split)
      emit(option)
      const end = { op: 'jump' as const, to: 0 }
      put(end)
      ends.push(end)
      split.second = code.length
    }
    for (const end of ends) end.to = code.length
  }

  function emitRepeat({
    body,
    min,
    max,
    lazy,
    groups: [from, to],
  }: Node & { kind: 'repeat' }): void {
    const once = (mark: number | null): void => {
      if (mark !== null) put({ op: 'save', slot: mark })
      if (to >= from) put({ op: 'clear', from: from * 2, to: to * 2 + 1 })
      emit(body)
      if (mark !== null) put({ op: 'moved', slot: mark })
    }
    const split = (): ((second: number) => void) => {
      const instruction = { op: 'split' as const, first: 0, second: 0 }
      const inner = put(instruction) + 1
      return (outer) => {
        instruction.first = lazy ? outer : inner
        instruction.second = lazy ? inner : outer
      }
    }
    if (max === 0) return
    for (let i = 0; i < min; i++) once(null)
    // One unit always moves, and most loops are of one unit.
    const mark = body.kind === 'unit' ? null : slots++
    if (max === Infinity) {
      const loop = code.length
      const leave = split()
      once(mark)
      put({ op: 'jump', to: loop })
      leave(code.length)
      return
    }
    const leaves = []
    for (let i = min; i < max; i++) {
      leaves.push(split())
      once(mark)
    }
    for (const leave of leaves) leave(code.length)
  }

  try {
    emit(root)
    put({ op: 'match' })
  } catch (error) {
    if (error instanceof TooLarge) return err('A regular expression is too large')
    throw error
  }
  const { multiline, ignoreCase } = regex
  return ok({ code, groups, slots, multiline, ignoreCase })
}
