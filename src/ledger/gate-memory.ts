import { closedCircuit } from './circuit.ts'
import type { Line } from './line.ts'

/** What of a destination's gates must outlive the ledger's memory. */
interface Kept {
  failures: number
  /** See `circuit.ts`: an open circuit stays open. */
  openUntil: number
  /** See `bucket.ts`: ten an hour stay ten an hour. */
  tat: number
}

/** A bucket that fills again sooner is not worth a row: the ledger is not evicted between two sends. */
const worthKeepingMs = 10_000

const prefix = 'gate:'

function lasting({ state: { circuit, tat } }: Line, now: number): Kept | null {
  const isSlow = tat > now + worthKeepingMs
  if (circuit.openUntil === 0 && !isSlow) return null
  const { failures, openUntil } = circuit.openUntil === 0 ? closedCircuit : circuit
  return { failures, openUntil, tat: isSlow ? tat : 0 }
}

/** Keeps open circuits and slow rates on disk: a row where one changes, none on the happy way. */
export class GateMemory {
  readonly #kv: SyncKvStorage
  readonly #kept = new Map<string, Kept>()

  constructor(kv: SyncKvStorage) {
    this.#kv = kv
  }

  /** Gives the lines back what was kept of them. */
  load(line: (destinationId: string) => Line | undefined): void {
    for (const [key, kept] of Array.from(this.#kv.list<Kept>({ prefix }))) {
      const id = key.slice(prefix.length)
      const found = line(id)
      if (found === undefined) {
        this.#kv.delete(key)
        continue
      }
      this.#kept.set(id, kept)
      found.state.tat = kept.tat
      if (found.state.policy.circuit !== null) {
        found.state.circuit = {
          failures: kept.failures,
          openUntil: kept.openUntil,
          probing: false,
        }
      }
    }
  }

  /** Writes what has changed of `lines`; part of the transaction in which it changed. Answers the rows written. */
  save(lines: Iterable<Line>, now: number): number {
    let rows = 0
    for (const line of lines) {
      const id = line.destinationId
      const before = this.#kept.get(id)
      const kept = lasting(line, now)
      if (kept === null) {
        if (before === undefined) continue
        this.#kept.delete(id)
        this.#kv.delete(prefix + id)
      } else {
        if (before?.openUntil === kept.openUntil && before.tat === kept.tat) continue
        this.#kept.set(id, kept)
        this.#kv.put(prefix + id, kept)
      }
      rows += 1
    }
    return rows
  }
}
