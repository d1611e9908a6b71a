/** So many calls within so many milliseconds are thick: 1,000 a second. */
const manyCalls = 4
const withinMs = 4

/** How thick calls come in one isolate, whichever of its ledgers they are for: all of them share its time and its disk. */
export class Traffic {
  readonly #times = Array.from({ length: manyCalls }, () => 0)
  #next = 0

  /** Notes a call; whether calls come thick. */
  isThick(now: number): boolean {
    const before = this.#times[this.#next] ?? 0
    this.#times[this.#next] = now
    this.#next = (this.#next + 1) % manyCalls
    return now - before <= withinMs
  }
}
