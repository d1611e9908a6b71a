interface Call {
  /** Does the call's work and answers how its caller is told. */
  run: () => () => void
  fail: (error: unknown) => void
}

/** Calls that are this far apart do not share a commit. */
const quietMs = 3

/**
 * Calls that arrive within one turn of the loop share one transaction. Each is answered only after it: the answer waits in
 * the output gate until the writes are on disk. A call that throws is undone alone: the others are done without it.
 */
export class Commits {
  #waiting: Call[] = []
  #flushedAt = 0
  readonly #transaction: (work: () => void) => void
  readonly #undone: () => void

  readonly #now: () => number

  /** `undone`: a transaction was rolled back, and what is in memory may differ from what is on disk. */
  constructor(transaction: (work: () => void) => void, undone: () => void, now: () => number) {
    this.#transaction = transaction
    this.#undone = undone
    this.#now = now
  }

  /** Runs `work` in the next shared transaction, or in one of its own. `work` must not wait for anything. */
  commit<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        const result = work()
        return () => resolve(result)
      }
      this.#waiting.push({ run, fail: reject })
      if (this.#waiting.length === 1) this.#flushSoon()
    })
  }

  /** Where calls come one by one there is nothing to wait for; where they come thick, a turn of the loop gathers them. */
  #flushSoon(): void {
    if (this.#now() - this.#flushedAt >= quietMs) queueMicrotask(() => this.#flush())
    else setTimeout(() => this.#flush(), 0)
  }

  #flush(): void {
    this.#flushedAt = this.#now()
    const calls = this.#waiting
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
      this.#transaction(() => {
        for (const { run } of calls) answers.push(run())
      })
    } catch (error) {
      this.#undone()
      return { error }
    }
    for (const answer of answers) answer()
    return null
  }
}
