import { setTimeout as pause } from 'node:timers/promises'

/**
 * Asks `look` again and again until it answers something other than `undefined`, `null` or `false`, and answers that.
 * For what can only be seen by asking; what a receiver gets is waited for with its `until`.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const endsAt = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    // The test just made is the type's.
    if (seen !== undefined && seen !== null && seen !== false)
      return seen as NonNullable<Exclude<T, false>>
    if (Date.now() > endsAt) throw new Error(`not so after ${timeoutMs} ms: ${String(look)}`)
    await pause(25)
  }
}
