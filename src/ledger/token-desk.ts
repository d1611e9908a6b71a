import type { NewToken, TokenClaim } from './protocol.ts'

/** How long one caller may take to fetch a new token before another is asked to. */
const refreshMs = 20_000

const dayMs = 86_400_000

/** No refresh token that we know of lives on for so long without being used. */
const lastingMs = 400 * dayMs

/** The error with which another caller's refresh has ended; `null`: look again. */
type Wake = (error: string | null) => void

/**
 * Access tokens that many deliveries share. Of all who need a new one at once, one is told to fetch it; the others wait
 * here for what becomes of that. Tokens are sealed by their callers: the ledger cannot read them.
 */
export class TokenDesk {
  readonly #kv: SyncKvStorage
  readonly #now: () => number
  readonly #waiting = new Map<string, { until: number; wake: Wake[] }>()
  #sweptAt = 0

  constructor(kv: SyncKvStorage, now: () => number) {
    this.#kv = kv
    this.#now = now
  }

  async claim(key: string, stale: string | null): Promise<TokenClaim> {
    for (;;) {
      const stored = this.#kv.get<NewToken>(`token:${key}`)
      const usable = stored !== undefined && stored.expires_at > this.#now()
      if (usable && stored.fingerprint !== stale) {
        return { kind: 'token', sealed: stored.sealed, expires_at: stored.expires_at }
      }
      const refresh = this.#waiting.get(key)
      if (refresh === undefined || refresh.until <= this.#now()) {
        this.#waiting.set(key, { until: this.#now() + refreshMs, wake: refresh?.wake ?? [] })
        const last =
          stored === undefined ? null : { sealed: stored.sealed, expires_at: stored.expires_at }
        return { kind: 'refresh', last }
      }
      const error = await new Promise<string | null>((resolve) => {
        const timer = setTimeout(() => resolve(null), refreshMs)
        refresh.wake.push((outcome) => {
          clearTimeout(timer)
          resolve(outcome)
        })
      })
      // Each would hear the same, and a token endpoint that is asked a hundred times in a row locks the client out.
      if (error !== null) return { kind: 'failed', error }
    }
  }

  save(key: string, token: NewToken): void {
    this.#sweep()
    this.#kv.put(`token:${key}`, token)
    this.#wake(key, null)
  }

  /** The refresh is over without a token. */
  release(key: string, error: string): void {
    this.#wake(key, error)
  }

  #wake(key: string, error: string | null): void {
    const refresh = this.#waiting.get(key)
    this.#waiting.delete(key)
    for (const wake of refresh?.wake ?? []) wake(error)
  }

  /** Once a day: what nobody will ask for again, as of credentials that have changed or a destination that is gone. */
  #sweep(): void {
    const now = this.#now()
    if (now - this.#sweptAt < dayMs) return
    this.#sweptAt = now
    const ended = [...this.#kv.list<NewToken>({ prefix: 'token:' })].filter(
      ([, { expires_at, lasting }]) => expires_at + (lasting ? lastingMs : 0) <= now,
    )
    for (const [name] of ended) this.#kv.delete(name)
  }
}
