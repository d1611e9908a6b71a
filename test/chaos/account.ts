/** One request as the receiver saw it. Times in ms. */
export interface Arrival {
  id: string
  key: string
  n: number
  sequence: string | undefined
  at: number
  /** When the answer left, or would have. */
  answered: number
  status: number
}

/** From just before the signal was sent until the last process was gone. */
export interface Kill {
  from: number
  until: number
}

/** What was answered 2xx: the events of each order key, in the order in which they were taken. */
export type Accepted = Map<string, string[]>

export interface Account {
  accepted: number
  arrivals: number
  failed: number
  /** Arrivals after an arrival of the same event that was answered 2xx. */
  duplicates: number
  /** Of them, the longest that the kill came after the answer: what a lost `settle` costs. */
  longest_lag_ms: number
  violations: string[]
}

/** An answer may be on its way into the ledger's commit for so long; a kill in that time makes a duplicate. */
const SETTLING_MS = 1000

/**
 * Holds what arrived against what was promised: every accepted event at least once, the events of a key in order,
 * and nothing twice but what was in flight when the power went.
 */
export function account(accepted: Accepted, arrivals: readonly Arrival[], kills: Kill[]): Account {
  const violations: string[] = []
  const lags: number[] = []
  for (const [key, ids] of accepted) {
    const lane = arrivals.filter((arrival) => arrival.key === key)
    violations.push(...missing(key, ids, lane), ...disorder(key, ids, lane))
    for (const again of repeats(lane)) {
      const lag = lagBehind(again.before, kills)
      if (lag === null)
        violations.push(`${key} ${again.arrival.n}: sent again although no kill interrupted it`)
      else lags.push(lag)
    }
  }
  const known = new Set([...accepted.values()].flat())
  for (const { id, key, n } of arrivals)
    if (!known.has(id)) violations.push(`${key} ${n}: arrived, but was never answered 2xx`)
  return {
    accepted: known.size,
    arrivals: arrivals.length,
    failed: arrivals.filter(({ status }) => status !== 200).length,
    duplicates: lags.length,
    longest_lag_ms: Math.max(0, ...lags),
    violations,
  }
}

function missing(key: string, ids: readonly string[], lane: readonly Arrival[]): string[] {
  const delivered = new Set(lane.filter(({ status }) => status === 200).map(({ id }) => id))
  return ids.flatMap((id, n) => (delivered.has(id) ? [] : [`${key} ${n + 1}: lost`]))
}

/** Event n+1 may not be tried before n was delivered, and n not after n+1 was tried. */
function disorder(key: string, ids: readonly string[], lane: readonly Arrival[]): string[] {
  const found: string[] = []
  let last = 0
  const delivered = new Set<number>()
  for (const { id, n, sequence, status } of lane) {
    if (ids[n - 1] !== id) found.push(`${key} ${n}: arrived under another id`)
    if (sequence !== String(n)) found.push(`${key} ${n}: switchyard-sequence is ${sequence}`)
    if (n < last) found.push(`${key} ${n}: arrived after ${last}`)
    if (n > last && n > 1 && !delivered.has(n - 1))
      found.push(`${key} ${n}: arrived before ${n - 1} was delivered`)
    if (status === 200) delivered.add(n)
    last = Math.max(last, n)
  }
  return found
}

function repeats(lane: readonly Arrival[]): { arrival: Arrival; before: Arrival }[] {
  const before = new Map<string, Arrival>()
  return lane.flatMap((arrival) => {
    const earlier = before.get(arrival.id)
    before.set(arrival.id, arrival)
    return earlier?.status === 200 ? [{ arrival, before: earlier }] : []
  })
}

/** How long after the answer the kill came that hit this attempt; `null`: none did. */
function lagBehind({ at, answered }: Arrival, kills: readonly Kill[]): number | null {
  const hit = kills.find(({ from, until }) => at <= until && from <= answered + SETTLING_MS)
  return hit === undefined ? null : Math.max(0, hit.from - answered)
}
