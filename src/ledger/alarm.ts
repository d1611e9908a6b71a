/** So many commits pay for the two rows of moving the alarm away and, with the next event, back. */
const busyCommits = 100

/** Nearer than this, what comes next is still part of the work that the alarm watches over. */
const farMs = 300_000

/**
 * Where the ledger's one alarm stands: at the earliest due time, or before it. To set it costs a row, to let it find nothing to
 * do costs a call. So it is left where it is while work goes on, and moved away once all is done, where that is cheap: after
 * much work, or after an event that came alone and will, as it seems, not be followed before the alarm would have rung.
 */
export class Alarm {
  #at: number | null
  #commits = 0
  #committedAt = 0
  /** How long the ledger had been quiet when the alarm was last set for new work. */
  #quietMs = 0

  constructor(at: number | null) {
    this.#at = at
  }

  /** It has rung: there is none any more. */
  rang(): void {
    this.#at = null
  }

  /** After each commit, `next` being the earliest due time: where the alarm is to be set now; `null`: it stays as it is. */
  move(next: number | null, now: number): number | null {
    const quietMs = now - this.#committedAt
    this.#committedAt = now
    this.#commits += 1
    if (next === null) return null
    const isSooner = this.#at === null || next < this.#at
    if (isSooner) this.#quietMs = quietMs
    if (!isSooner && !this.#isWorthMoving(next, now)) return null
    this.#commits = 0
    this.#at = next
    return next
  }

  #isWorthMoving(next: number, now: number): boolean {
    if (this.#at === null || next - this.#at < farMs) return false
    return this.#commits >= busyCommits || this.#quietMs > this.#at - now
  }
}
