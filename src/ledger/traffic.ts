/** So many calls within so many milliseconds are thick: 1,000 a second. */
const manyCalls = 4
const withinMs = 4

/** How calls come: `thin` one by one, `thick` for one ledger, or `shared` by several. */
export type Density = 'thin' | 'thick' | 'shared'

/** How thick calls come in one isolate, whichever of its ledgers they are for: all of them share its time and its disk. */
export class Traffic {
  readonly #calls = Array.from({ length: manyCalls }, () => ({ at: 0, ledger: {} }))
  #next = 0

  /** Notes a call for `ledger`, and says how it came. */
  note(ledger: object, now: number): Density {
    const before = this.#calls[this.#next]?.at ?? 0
    const isShared = this.#calls.some((call) => call.ledger !== ledger)
    this.#calls[this.#next] = { at: now, ledger }
    this.#next = (this.#next + 1) % manyCalls
    if (now - before > withinMs) return 'thin'
    return isShared ? 'shared' : 'thick'
  }
}
