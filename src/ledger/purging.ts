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
  #at: number | null = null

  constructor(state: State) {
    this.#state = state
  }

  plan(): void {
    if (this.#at !== null) return
    const first = this.#firstSeq()
    if (first === null) return
    const days = this.#state.config?.retention_days ?? 90
    this.#set(timeOfSeq(first) + days * dayMs + slackMs)
  }

  /** The time that rows are kept may have changed. */
  planAnew(): void {
    this.#at = null
    this.plan()
  }

  #set(at: number): void {
    this.#at = at
    this.#state.scheduler.timers.set(
      at,
      () => this.#at === at,
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
    const { events, tables } = this.#state
    const before = retentionStart(this.#state)
    const deleted = events.purge(before, chunk)
    tables.run('DELETE FROM rejections WHERE seq < ?', before)
    // A lane whose last event is kept, because it is open, goes on counting.
    tables.run('DELETE FROM lanes WHERE seq < ? AND seq NOT IN (SELECT seq FROM events)', before)
    tables.run(
      `DELETE FROM jobs WHERE data ->> '$.created_at' < ? AND data ->> '$.state' != 'running'`,
      timeOfSeq(before),
    )
    this.#at = null
    if (deleted < chunk) {
      // What is open is kept past its time: look again in a day.
      const first = this.#firstSeq()
      if (first === null || first >= before) return this.plan()
    }
    this.#set(this.#state.now() + (deleted < chunk ? dayMs : 1))
  }
}
