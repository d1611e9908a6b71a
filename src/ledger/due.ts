import type { OpenDelivery } from './open-delivery.ts'
import type { State } from './state.ts'

/** What the alarm finds: the deliveries that go to the queues, and the dead whose burial is to be asked for. */
export function due(state: State): { ids: string[]; released: OpenDelivery[] } {
  const { scheduler, now } = state
  scheduler.timers.run(now())
  const ids = state.burials
  state.burials = []
  return { ids, released: scheduler.release(now()) }
}

/** No queue took the pointers of these: they are held again. Burials are asked for again by themselves. */
export function unsent({ scheduler }: State, ids: readonly string[]): void {
  for (const id of ids) {
    const delivery = scheduler.open.get(id)
    if (delivery?.standing === 'queued') scheduler.unqueue(delivery)
  }
}
