import type { Token, Tokens } from '../../src/destinations/destination.ts'
import type { Result } from '../../src/model/result.ts'

/** `Tokens` in memory: of all callers that need a new one at once, one refreshes and the others wait for it. */
export function memoryTokens(now: () => number): Tokens {
  const kept = new Map<string, Token>()
  const underway = new Map<string, Promise<Result<Token, string>>>()
  return {
    async get(key, stale, refresh) {
      const token = kept.get(key)
      if (token !== undefined && token.value !== stale && token.expiresAt > now())
        return { ok: true, value: token }
      const refreshing =
        underway.get(key) ??
        refresh(token ?? null).then((result) => {
          underway.delete(key)
          if (result.ok) kept.set(key, result.value)
          return result
        })
      underway.set(key, refreshing)
      return refreshing
    },
  }
}
