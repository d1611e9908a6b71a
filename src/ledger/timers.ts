import { Heap } from './heap.ts'

interface Timer {
  at: number
  /** Whether there is still something to do. */
  alive: () => boolean
  run: (now: number) => void
}

/** Everything that becomes due, in one heap. Kept in memory, made again from the open work when the ledger wakes. */
export class Timers {
  readonly #heap = new Heap<Timer>((a, b) => a.at < b.at)

  set(at: number, alive: () => boolean, run: (now: number) => void): void {
    // The alarm knows whole milliseconds only.
    this.#heap.push({ at: Math.ceil(at), alive, run })
  }

  /** The earliest time at which something is due; `null` where nothing is. */
  next(): number | null {
    for (;;) {
      const first = this.#heap.peek()
      if (first === undefined) return null
      if (first.alive()) return first.at
      this.#heap.pop()
    }
  }

  run(now: number): void {
    for (let at = this.next(); at !== null && at <= now; at = this.next()) {
      this.#heap.pop()?.run(now)
    }
  }
}
