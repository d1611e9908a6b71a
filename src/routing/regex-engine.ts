import type { Budget } from './budget.ts'
import { type Program, compileRegex } from './regex-compile.ts'
import { runRegex } from './regex-run.ts'
import { spendText } from './weigh.ts'

/**
 * What JSONata asks of a `RegexEngine`, over programs that are paid for by instruction. JavaScript's
 * own engine cannot be interrupted, and no rule on how a pattern looks bounds what it costs.
 */
export function regexEngine(budget: Budget) {
  return class {
    lastIndex = 0
    readonly #program: Program

    constructor(literal: RegExp) {
      this.#program = programOf(literal)
    }

    exec(text: unknown): ((string | undefined)[] & { index: number }) | null {
      const match = typeof text === 'string' ? this.#run(text) : null
      const [start, end] = match ?? []
      if (typeof text !== 'string' || match === null || start === undefined || end === undefined) {
        this.lastIndex = 0
        return null
      }
      this.lastIndex = end
      const found: (string | undefined)[] = []
      for (let i = 0; i < match.length; i += 2) {
        const [from = -1, to = -1] = [match[i], match[i + 1]]
        found.push(from === -1 || to === -1 ? undefined : text.slice(from, to))
      }
      return Object.assign(found, { index: start })
    }

    #run(text: string) {
      budget.spend(1)
      if (this.lastIndex === 0) spendText(text, budget)
      return runRegex(this.#program, text, this.lastIndex, budget)
    }
  }
}

const programs = new WeakMap<RegExp, Program>()

/** Compiles a literal when its expression is compiled, so that what cannot be had is said then. */
export function prepareRegex(literal: RegExp): string | null {
  const program = compileRegex(literal)
  if (!program.ok) return program.error
  programs.set(literal, program.value)
  return null
}

function programOf(literal: RegExp): Program {
  const program = programs.get(literal)
  if (program === undefined) throw new Error('A regular expression was not prepared')
  return program
}
