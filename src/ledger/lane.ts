import type { OpenDelivery } from './open-delivery.ts'

/** The ordered line of deliveries of one connection and order key. Only its head may be attempted. */
export class Lane {
  #line: OpenDelivery[] = []
  #head = 0
  readonly #gone = new Set<OpenDelivery>()

  get head(): OpenDelivery | undefined {
    return this.#line[this.#head]
  }

  /** Who stands right behind the head, where nobody has been taken out from there. */
  get second(): OpenDelivery | undefined {
    const second = this.#line[this.#head + 1]
    return second !== undefined && this.#gone.has(second) ? undefined : second
  }

  get isEmpty(): boolean {
    return this.head === undefined
  }

  append(delivery: OpenDelivery): void {
    this.#line.push(delivery)
  }

  /** Puts a delivery that is tried anew in the place of the one that it replays. */
  replace(old: OpenDelivery, delivery: OpenDelivery): void {
    // Nearly always the head; behind it only where an older one was replayed and the ledger has woken since.
    const at = this.#line.indexOf(old, this.#head)
    if (at === -1) this.#line.push(delivery)
    else this.#line[at] = delivery
  }

  /** Takes a delivery out. Answers the new head if it was the head that left. */
  remove(delivery: OpenDelivery): OpenDelivery | null {
    if (this.head !== delivery) {
      this.#gone.add(delivery)
      return null
    }
    this.#head += 1
    for (let next = this.head; next !== undefined && this.#gone.delete(next); next = this.head) {
      this.#head += 1
    }
    if (this.#head > 64 && this.#head * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#head)
      this.#head = 0
    }
    return this.head ?? null
  }
}
