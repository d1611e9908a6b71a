import { Lane } from './lane.ts'
import type { OpenDelivery } from './open-delivery.ts'

/** All lanes that hold something. One more attempt at what had ended stands in none: it has had its turn. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  append(delivery: OpenDelivery): void {
    if (delivery.lane === null || delivery.again !== null) return
    let lane = this.#lanes.get(delivery.lane)
    if (lane === undefined) this.#lanes.set(delivery.lane, (lane = new Lane()))
    lane.append(delivery)
  }

  isHead(delivery: OpenDelivery): boolean {
    if (delivery.lane === null || delivery.again !== null) return true
    return this.#lanes.get(delivery.lane)?.head === delivery
  }

  /** Who stands right behind the head of its lane. */
  behind(head: OpenDelivery): OpenDelivery | undefined {
    return head.lane !== null && this.isHead(head) ? this.#lanes.get(head.lane)?.second : undefined
  }

  replace(old: OpenDelivery, delivery: OpenDelivery): void {
    if (delivery.lane !== null) this.#lanes.get(delivery.lane)?.replace(old, delivery)
  }

  /** Takes a delivery out. Answers the lane's new head if it was the head that left. */
  remove(delivery: OpenDelivery): OpenDelivery | null {
    if (delivery.lane === null || delivery.again !== null) return null
    const lane = this.#lanes.get(delivery.lane)
    const next = lane?.remove(delivery) ?? null
    if (lane?.isEmpty === true) this.#lanes.delete(delivery.lane)
    return next
  }
}
