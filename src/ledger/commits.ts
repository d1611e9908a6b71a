import type { Traffic } from './traffic.ts'

interface Call {
  /** Does the call's work and answers how its caller is told. */
  run: () => () => void
  fail: (error: unknown) => void
}

/** How long a call waits for others where several ledgers have many, unless it says so itself. */
const gatherMs = 2

interface Needs {
  transaction: (work: () => void) => void
  /** A transaction was rolled back, and what is in memory may differ from what is on disk. */
  undone: () => void
  traffic: Traffic
  now: () => number
}

/**
 * Calls that wait together share one transaction. Each is answered only after it: the answer waits in the output gate until the
 * writes are on disk. A call that throws is undone alone: the others are done without it.
 */
export class Commits {
  #waiting: Call[] = []
  /** How long the least patient of those that wait is to wait. */
  #waitMs = 0
  readonly #needs: Needs
  /** Stands for this ledger in the traffic, which outlives it. */
  readonly #token = {}

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /**
   * Runs `work` in the next shared transaction, or in one of its own. `work` must not wait for anything. A call that comes alone
   * waits for nothing, one of many for this ledger alone for a turn of the loop, and one of many for several `patienceMs`.
   */
  commit<T>(work: () => T, patienceMs = gatherMs): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work()
        return () => resolve(result)
      }
      const { traffic, now } = this.#needs
      const density = traffic.note(this.#token, now())
      const waitMs = density === 'shared' ? patienceMs : 0
      const isFirst = this.#waiting.push({ run, fail: reject }) === 1
      if (!isFirst && waitMs >= this.#waitMs) return
      this.#waitMs = waitMs
      // Not `queueMicrotask`, which makes an object of the runtime for each call.
      if (density === 'thin') void Promise.resolve().then(() => this.#flush())
      else setTimeout(() => this.#flush(), waitMs)
    })
  }

  #flush(): void {
    const calls = this.#waiting
    // A less patient call has taken all with it.
    if (calls.length === 0) return
    this.#waiting = []
    const failure = this.#together(calls)
    if (failure === null) return
    for (const call of calls) {
      const alone = calls.length === 1 ? failure : this.#together([call])
      if (alone !== null) call.fail(alone.error)
    }
  }

  #together(calls: readonly Call[]): { error: unknown } | null {
    const answers: (() => void)[] = []
    try {
      this.#needs.transaction(() => {
        for (const { run } of calls) answers.push(run())
      })
    } catch (error) {
      this.#needs.undone()
      return { error }
    }
    for (const answer of answers) answer()
    return null
  }
}
