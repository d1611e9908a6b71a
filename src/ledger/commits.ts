interface Waiting {
  run: () => void
  fail: (error: unknown) => void
}

/**
 * Calls that arrive within one turn of the loop share one transaction. Each is answered only after it: the answer waits in
 * the output gate until the writes are on disk.
 */
export class Commits {
  #waiting: Waiting[] = []
  readonly #transaction: (work: () => void) => void
  readonly #broken: (error: unknown) => void

  constructor(transaction: (work: () => void) => void, broken: (error: unknown) => void) {
    this.#transaction = transaction
    this.#broken = broken
  }

  /** Runs `work` in the next shared transaction. `work` must not wait for anything. */
  commit<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run: () => resolve(work()), fail: reject })
      if (this.#waiting.length === 1) setTimeout(() => this.#flush(), 0)
    })
  }

  #flush(): void {
    const batch = this.#waiting
    this.#waiting = []
    try {
      this.#transaction(() => {
        for (const { run } of batch) run()
      })
    } catch (error) {
      for (const { fail } of batch) fail(error)
      this.#broken(error)
    }
  }
}
