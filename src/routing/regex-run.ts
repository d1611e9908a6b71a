import type { Budget } from './budget.ts'
import type { Program } from './regex-compile.ts'

/** Where the match and its groups begin and end; -1 for a group that took no part. */
export type Match = readonly number[]

const instructionsPerStep = 40
/** Of setting out from one place. */
const attemptCost = 1 / 8

/**
 * The first match of a program in `text` from `from` on, as the engine's own would find it: the same
 * order of tries, but each of them is paid for, so that `(a+)+$` ends with an empty budget.
 */
export function runRegex(
  program: Program,
  text: string,
  from: number,
  budget: Budget,
): Match | null {
  const { code, multiline, ignoreCase } = program
  const slots: number[] = Array.from({ length: program.slots }, () => -1)
  const slotsCost = slots.length / instructionsPerStep
  let ran = 0
  budget.spend(slotsCost)

  function attempt(start: number, at: number): number | null {
    budget.spend(attemptCost)
    // What to go back to: [pc, position], or [-1 - slot, what the slot held].
    const trail: number[] = []
    let [pc, i] = [start, at]
    const set = (slot: number, value: number): void => {
      trail.push(-1 - slot, slots[slot] ?? -1)
      slots[slot] = value
    }
    const undo = (): boolean => {
      while (trail.length > 0) {
        const value = trail.pop() ?? 0
        const where = trail.pop() ?? 0
        if (where >= 0) {
          pc = where
          i = value
          return true
        }
        slots[-1 - where] = value
      }
      return false
    }
    for (;;) {
      if (++ran % instructionsPerStep === 0) budget.spend(1)
      const step = code[pc++]
      let holds = true
      switch (step?.op) {
        case 'unit':
          holds = i < text.length && step.test(text.charCodeAt(i))
          i++
          break
        case 'split':
          trail.push(step.second, i)
          pc = step.first
          break
        case 'jump':
          pc = step.to
          break
        case 'save':
          set(step.slot, i)
          break
        case 'clear':
          budget.spend((step.to - step.from) / instructionsPerStep)
          for (let slot = step.from; slot <= step.to; slot++) set(slot, -1)
          break
        case 'moved':
          holds = slots[step.slot] !== i
          break
        case 'back': {
          const length = backLength(slots, step.index)
          budget.spend(length / instructionsPerStep)
          holds = sameText(text, slots[step.index * 2] ?? -1, i, length, ignoreCase)
          i += length
          break
        }
        case 'look': {
          budget.spend(1 + slotsCost)
          const before = [...slots]
          const found = attempt(pc, i) !== null
          if (!found || step.negative) for (const [k, value] of before.entries()) slots[k] = value
          else {
            const after = [...slots]
            for (const [k, value] of before.entries()) slots[k] = value
            for (const [k, value] of after.entries()) if (value !== slots[k]) set(k, value)
          }
          holds = found !== step.negative
          pc = step.end
          break
        }
        case 'match':
          return i
        case 'start':
          holds = i === 0 || (multiline && isLineEnd(text, i - 1))
          break
        case 'end':
          holds = i === text.length || (multiline && isLineEnd(text, i))
          break
        case 'boundary':
          holds = isWord(text, i - 1) !== isWord(text, i)
          break
        case 'inside':
          holds = isWord(text, i - 1) === isWord(text, i)
          break
        default:
          holds = false
      }
      if (!holds && !undo()) return null
    }
  }

  for (let at = from; at <= text.length; at++) {
    const end = attempt(0, at)
    if (end !== null) return [at, end, ...slots.slice(2, (program.groups + 1) * 2)]
  }
  return null
}

const isLineEnd = (text: string, i: number): boolean => /[\n\r\u2028\u2029]/.test(text.charAt(i))
const isWord = (text: string, i: number): boolean => /\w/.test(text.charAt(i))

function backLength(slots: readonly number[], index: number): number {
  const [from = -1, to = -1] = [slots[index * 2], slots[index * 2 + 1]]
  return from === -1 || to === -1 ? 0 : to - from
}

function sameText(
  text: string,
  a: number,
  b: number,
  length: number,
  ignoreCase: boolean,
): boolean {
  if (length === 0) return true
  const [left, right] = [text.slice(a, a + length), text.slice(b, b + length)]
  return left === right || (ignoreCase && left.toUpperCase() === right.toUpperCase())
}
