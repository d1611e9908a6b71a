/** What `race` answers when the time is up first. */
export const late = Symbol('late')

/** One point in time for all steps of an attempt. */
export interface Deadline {
  /** Aborts at the deadline. */
  signal: AbortSignal
  /** `work`'s result, or `late` as soon as the time is up, even if `work` never ends. */
  race<T>(work: Promise<T>): Promise<T | typeof late>
  /** Stops the clock. */
  end(): void
}

/** A deadline `timeoutMs` from now. */
export function startDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<typeof late>()
  const timer = setTimeout(() => {
    // First, so that the race is decided before the aborted work can fail.
    resolve(late)
    controller.abort()
  }, timeoutMs)
  return {
    signal: controller.signal,
    race: (work) => Promise.race([promise, work]),
    end: () => clearTimeout(timer),
  }
}
