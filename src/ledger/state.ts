import type { LedgerConfig } from '../model/ledger-config.ts'
import { nextSeq, type Seq } from '../model/event-id.ts'
import { AttemptLog } from './attempt-log.ts'
import { EventLog } from './event-log.ts'
import { GateMemory } from './gate-memory.ts'
import { LaneCounters } from './lane-counters.ts'
import { OpenWork } from './open-work.ts'
import type { OpenDelivery } from './open-delivery.ts'
import { Scheduler } from './scheduler.ts'
import { Tables } from './tables.ts'

export interface StateNeeds {
  storage: DurableObjectStorage
  now: () => number
  random: (bytes: number) => Uint8Array
  interrupted: (delivery: OpenDelivery, now: number) => void
  token: () => string
}

/** All that an erased ledger keeps. */
export const erasedKey = 'erased'

const lastRejection = (tables: Tables): Seq =>
  tables.first<{ last: number | null }>('SELECT max(seq) AS last FROM rejections')?.last ?? 0

/** Everything that one ledger knows: its tables, and the open work in memory. The verbs of the ledger work on it. */
export class State {
  readonly kv: SyncKvStorage
  readonly tables: Tables
  readonly events: EventLog
  readonly attempts: AttemptLog
  readonly work: OpenWork
  readonly lanes: LaneCounters
  readonly scheduler: Scheduler
  readonly gates: GateMemory
  readonly now: () => number
  readonly random: (bytes: number) => Uint8Array
  /** Dead deliveries whose notice has not been sent. */
  readonly unburied = new Set<string>()
  /** Those of them whose burial is to be asked for by the alarm. */
  burials: string[] = []
  /** The bucket of the ingest limit. */
  ingestTat = 0
  #config: LedgerConfig | null
  #lastSeq: Seq
  readonly #isErased: boolean

  constructor({ storage, now, random, interrupted, token }: StateNeeds) {
    this.kv = storage.kv
    this.tables = new Tables(storage.sql)
    this.events = new EventLog(this.tables)
    this.attempts = new AttemptLog(this.tables)
    this.work = new OpenWork(this.tables, storage.kv, this.unburied)
    this.lanes = new LaneCounters(this.tables)
    this.scheduler = new Scheduler({ random: token, interrupted })
    this.gates = new GateMemory(storage.kv)
    this.now = now
    this.random = random
    this.#config = storage.kv.get<LedgerConfig>('config') ?? null
    this.#isErased = storage.kv.get<boolean>(erasedKey) === true
    // A clock that was set back must not give out a place behind the mark, or one that is taken.
    this.#lastSeq = Math.max(this.events.lastSeq(), lastRejection(this.tables), this.work.mark)
  }

  get config(): LedgerConfig | null {
    return this.#config
  }

  set config(config: LedgerConfig) {
    this.#config = config
    this.kv.put('config', config)
    this.scheduler.configure(config)
  }

  /** Its tenant has been deleted: nothing is kept here again, and whoever asks must look for the tenant anew. */
  get isErased(): boolean {
    return this.#isErased
  }

  nextSeq(): Seq {
    this.#lastSeq = nextSeq(this.#lastSeq, this.now())
    return this.#lastSeq
  }

  /** How a caller's configuration compares to the one that the ledger was told of. */
  freshness(version: number): 'current' | 'stale' | 'behind' {
    if (this.#isErased) return 'stale'
    const known = this.#config?.version ?? 0
    if (version === known) return 'current'
    return version < known ? 'stale' : 'behind'
  }
}
