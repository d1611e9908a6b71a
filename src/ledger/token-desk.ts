import type { TokenClaim } from './protocol.ts'

interface Stored {
  sealed: string
  fingerprint: string
  expires_at: number
}

/** How long one caller may take to fetch a new token before another is asked to. */
const refreshMs = 20_000

/**
 * Access tokens that many deliveries share. Of all who need a new one at once, one is told to fetch it; the others wait
 * here for its answer. Tokens are sealed by their callers: the ledger cannot read them.
 */
export class TokenDesk {
  readonly #kv: SyncKvStorage
  readonly #now: () => number
  readonly #waiting = new Map<string, { until: number; wake: (() => void)[] }>()

  constructor(kv: SyncKvStorage, now: () => number) {
    this.#kv = kv
    this.#now = now
  }

  async claim(key: string, stale: string | null): Promise<TokenClaim> {
    for (;;) {
      const stored = this.#kv.get<Stored>(`token:${key}`)
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
      await new Promise<void>((resolve) => {
        refresh.wake.push(resolve)
        setTimeout(resolve, refreshMs)
      })
    }
  }

  save(key: string, sealed: string, fingerprint: string, expiresAt: number): void {
    const stored: Stored = { sealed, fingerprint, expires_at: expiresAt }
    this.#kv.put(`token:${key}`, stored)
    this.release(key)
  }

  /** The refresh is over, with a token or without. */
  release(key: string): void {
    const refresh = this.#waiting.get(key)
    this.#waiting.delete(key)
    for (const wake of refresh?.wake ?? []) wake()
  }
}
