import { timeOfSeq } from '../model/event-id.ts'
import { retentionStart } from './accepting.ts'
import type { State } from './state.ts'

/** How many events one turn deletes. */
const chunk = 500
/** Old rows are let lie a little, so that a purge is worth its wake-up. */
const slackMs = 3_600_000
const dayMs = 86_400_000

/** Sees to it that the oldest row is deleted when its time is over; one timer, and none without rows. */
export class Purge {
  readonly #state: State
  #isSet = false

  constructor(state: State) {
    this.#state = state
  }

  plan(): void {
    if (this.#isSet) return
    const first = this.#firstSeq()
    if (first === null) return
    this.#isSet = true
    const days = this.#state.config?.retention_days ?? 90
    const at = timeOfSeq(first) + days * dayMs + slackMs
    this.#state.scheduler.timers.set(
      at,
      () => true,
      () => this.#run(),
    )
  }

  #firstSeq(): number | null {
    return (
      this.#state.tables.first<{ first: number | null }>(
        'SELECT min(first) AS first FROM (SELECT min(seq) AS first FROM events UNION ALL SELECT min(seq) FROM rejections)',
      )?.first ?? null
    )
  }

  #run(): void {
    const { events, tables, scheduler } = this.#state
    const before = retentionStart(this.#state)
    const deleted = events.purge(before, chunk)
    tables.run('DELETE FROM rejections WHERE seq < ?', before)
    // A lane whose last event is kept, because it is open, goes on counting.
    tables.run('DELETE FROM lanes WHERE seq < ? AND seq NOT IN (SELECT seq FROM events)', before)
    tables.run(
      `DELETE FROM jobs WHERE data ->> '$.created_at' < ? AND data ->> '$.state' != 'running'`,
      timeOfSeq(before),
    )
    this.#isSet = false
    if (deleted < chunk) {
      // What is open is kept past its time: look again in a day.
      const first = this.#firstSeq()
      if (first === null || first >= before) return this.plan()
    }
    this.#isSet = true
    const at = this.#state.now() + (deleted < chunk ? dayMs : 1)
    scheduler.timers.set(
      at,
      () => true,
      () => this.#run(),
    )
  }
}
