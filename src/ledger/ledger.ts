import { DurableObject } from 'cloudflare:workers'
import type { LedgerConfig } from '../model/ledger-config.ts'
import type { AttemptReport } from '../model/outcome.ts'
import { accept } from './accepting.ts'
import { cancel, retry } from './acting.ts'
import { Alarm } from './alarm.ts'
import { Commits } from './commits.ts'
import { configure } from './configuring.ts'
import { due, unsent } from './due.ts'
import { granted, jobsOf, settleAndGrant } from './granting.ts'
import { healthOf } from './health.ts'
import { pointersFor, sendPointers } from './pointers.ts'
import type * as protocol from './protocol.ts'
import { Purge } from './purging.ts'
import { listDeliveries } from './listing-deliveries.ts'
import { readDeadLetter, readDelivery } from './reading-deliveries.ts'
import { listEvents, readEvent, readPayload } from './reading-events.ts'
import { keepRejection, listRejections, readRejection } from './rejection-log.ts'
import { cancelJob, job, resumeJobs, startReplay } from './replaying.ts'
import { searchEvents } from './searching-events.ts'
import { applySchema } from './schema.ts'
import { bury } from './settling.ts'
import { erasedKey, type State } from './state.ts'
import { TokenDesk } from './token-desk.ts'
import { Traffic } from './traffic.ts'
import { leasesMayLive, stateOn, wake } from './waking.ts'

/** Lets whatever else has come meanwhile go first. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Of all ledgers that live in this isolate. */
const traffic = new Traffic()

/** When an alarm could not do its work, it tries again after this long. */
const alarmAgainMs = 1000

/**
 * A tenant's truth: its events, deliveries, order and limits, in one SQLite-backed object a shard. A thin shell: it
 * remembers, shares commits and keeps the one alarm; what happens is decided in the files beside it.
 */
export class Ledger extends DurableObject<Env> implements protocol.LedgerApi {
  #state: State
  readonly #commits: Commits
  #purge: Purge
  readonly #tokens: TokenDesk
  #alarmAtWake: number | null = null
  #isAwake = false
  #alarm = new Alarm(null)

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    applySchema(ctx.storage)
    this.#state = stateOn(ctx.storage)
    this.#purge = new Purge(this.#state)
    this.#commits = new Commits({
      transaction: (work) => this.#transaction(work),
      undone: () => this.#beginAnew(),
      traffic,
      now: () => Date.now(),
    })
    this.#tokens = new TokenDesk(ctx.storage.kv, () => Date.now())
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtWake = await ctx.storage.getAlarm()
      this.#alarm = new Alarm(this.#alarmAtWake)
    })
  }

  /** What is in memory may differ from what is on disk: it is forgotten, and made again from the disk at the next work. */
  #beginAnew(): void {
    const { rowsWritten } = this.#state.tables
    this.#state = stateOn(this.ctx.storage)
    this.#state.tables.rowsWritten = rowsWritten
    this.#purge = new Purge(this.#state)
    this.#isAwake = false
    // Leases may be out, and whether the alarm is where it was set is not known.
    this.#alarmAtWake = Date.now()
    this.#alarm = new Alarm(null)
  }

  /** Before the first work of any kind: the open work is made again in memory. */
  #wake(byAlarm: boolean): void {
    if (this.#isAwake) return
    try {
      this.#awaken(byAlarm)
    } catch (error) {
      this.#beginAnew()
      throw error
    }
  }

  #awaken(byAlarm: boolean): void {
    this.#isAwake = true
    const { kv, now } = this.#state
    // Where a whole machine is one process, its end is the end of every lease.
    const sameMachine = this.env.BOOT_ID === '' || kv.get<string>('boot') === this.env.BOOT_ID
    if (!sameMachine) kv.put('boot', this.env.BOOT_ID)
    wake(this.#state, leasesMayLive(this.#alarmAtWake, byAlarm, sameMachine, now()))
    resumeJobs(this.#state)
    this.#purge.plan()
    this.#state.scheduler.planSpill(now())
    this.#arm()
  }

  #transaction(work: () => void): void {
    this.ctx.storage.transactionSync(() => {
      this.#wake(false)
      work()
      const { gates, lanes, tables, work: openWork, scheduler, now } = this.#state
      lanes.save()
      tables.rowsWritten += gates.save(scheduler.lines.takeMoved(), now())
      openWork.moveMark((delivery) => scheduler.open.get(delivery.id) === delivery)
      this.#purge.plan()
      scheduler.planSpill(now())
    })
    this.#arm()
  }

  #arm(): void {
    const at = this.#alarm.move(this.#state.scheduler.timers.next(), Date.now())
    if (at === null) return
    this.#state.tables.rowsWritten += 1
    this.ctx.storage.setAlarm(at).catch((error: unknown) => this.ctx.abort(String(error)))
  }

  override async alarm(): Promise<void> {
    this.#alarm.rang()
    try {
      this.#wake(true)
      const { ids, released } = await this.#commits.commit(() => due(this.#state))
      await sendPointers(this.env, pointersFor(this.#state, released, ids), (lost) =>
        this.#commits.commit(() => unsent(this.#state, lost)),
      )
    } catch (error) {
      // An alarm that throws six times is dropped for ever: this one comes back instead.
      console.log(JSON.stringify({ at: 'step.crashed', step: 'alarm', error: String(error) }))
      const at = Date.now() + alarmAgainMs
      this.#alarm = new Alarm(at)
      await this.ctx.storage.setAlarm(at)
    }
  }

  async configure(config: LedgerConfig): Promise<void> {
    await this.#commits.commit(() => {
      configure(this.#state, config)
      this.#purge.planAnew()
    })
  }

  async accept(
    version: number,
    event: protocol.NewEvent,
    body: Uint8Array,
    carrier: protocol.Carrier,
  ): Promise<protocol.AcceptResult> {
    return this.#commits.commit(() =>
      granted(this.#state, accept(this.#state, version, event, body), carrier),
    )
  }

  async acceptBatch(
    version: number,
    events: { event: protocol.NewEvent; body: Uint8Array }[],
    carrier: protocol.Carrier,
  ): Promise<protocol.AcceptResult[]> {
    return this.#commits.commit(() => {
      let { capacity } = carrier
      return events.map(({ event, body }) => {
        const accepted = accept(this.#state, version, event, body)
        const result = granted(this.#state, accepted, { ...carrier, capacity })
        if (result.kind === 'accepted') capacity -= result.leases.length + result.jobs.length
        return result
      })
    })
  }

  async reject(
    version: number,
    rejection: Omit<protocol.Rejection, 'id' | 'at'>,
  ): Promise<'kept' | 'stale' | 'behind'> {
    return this.#commits.commit(() => {
      const freshness = this.#state.freshness(version)
      if (freshness !== 'current') return freshness
      keepRejection(this.#state, rejection)
      return 'kept'
    })
  }

  async claim(pointer: { delivery_id: string; token: string }): Promise<protocol.ClaimResult> {
    return this.#commits.commit(() => {
      const { scheduler, now } = this.#state
      const delivery = scheduler.open.get(pointer.delivery_id)
      const grant = delivery === undefined ? null : scheduler.claim(delivery, pointer.token, now())
      return grant === null
        ? { kind: 'gone' }
        : { kind: 'granted', jobs: jobsOf(this.#state, [grant]) }
    })
  }

  async settle(
    deliveryId: string,
    token: string,
    report: AttemptReport,
    roomMs: number,
    holds: string | null = null,
  ): Promise<protocol.SettleResult> {
    const work = () => settleAndGrant(this.#state, deliveryId, token, report, roomMs, holds)
    // What it grants may be what a whole lane waits for.
    return this.#commits.commit(work, 0)
  }

  async dead(deliveryId: string): Promise<protocol.DeadLetter | null> {
    return this.#read(() =>
      this.#state.unburied.has(deliveryId) ? readDeadLetter(this.#state, deliveryId) : null,
    )
  }

  async buried(deliveryId: string): Promise<void> {
    await this.#commits.commit(() => bury(this.#state, deliveryId))
  }

  /** Reads see every commit of before, and write nothing. */
  #read<T>(read: () => T): T {
    this.#wake(false)
    return read()
  }

  async events(query: protocol.EventQuery) {
    const { q } = query
    if (q === null) return this.#read(() => listEvents(this.#state, query))
    return this.#read(() => searchEvents(this.#state, query, q, turn))
  }
  async event(id: string) {
    return this.#read(() => readEvent(this.#state, id))
  }
  async payload(id: string) {
    return this.#read(() => readPayload(this.#state, id))
  }
  async deliveries(query: protocol.DeliveryQuery) {
    return this.#read(() => listDeliveries(this.#state, query))
  }
  async delivery(id: string) {
    return this.#read(() => readDelivery(this.#state, id))
  }
  async rejections(query: protocol.RejectionQuery) {
    return this.#read(() => listRejections(this.#state, query))
  }
  async rejection(id: string) {
    return this.#read(() => readRejection(this.#state, id))
  }
  async health(destinationId: string) {
    return this.#read(() => healthOf(this.#state, destinationId))
  }
  async job(id: string) {
    return this.#read(() => job(this.#state, id))
  }

  async retry(deliveryId: string) {
    return this.#commits.commit(() => retry(this.#state, deliveryId))
  }
  async cancel(deliveryId: string) {
    return this.#commits.commit(() => cancel(this.#state, deliveryId))
  }
  async replayDead(jobId: string, selection: protocol.ReplaySelection) {
    return this.#commits.commit(() => startReplay(this.#state, jobId, selection))
  }
  async cancelJob(id: string) {
    return this.#commits.commit(() => cancelJob(this.#state, id))
  }

  async claimToken(key: string, stale: string | null) {
    return this.#tokens.claim(key, stale)
  }
  async saveToken(key: string, token: protocol.NewToken) {
    if (!this.#state.isErased) this.#tokens.save(key, token)
  }
  async releaseToken(key: string, error: string) {
    this.#tokens.release(key, error)
  }

  async erase(): Promise<void> {
    const { storage } = this.ctx
    const done = Promise.all([storage.deleteAlarm(), storage.deleteAll()])
    // In the same turn, so that no call finds neither the tables nor the mark.
    storage.kv.put(erasedKey, true)
    applySchema(storage)
    this.#beginAnew()
    await done
  }

  /** Rows written since this object woke: what a tenant pays for. */
  async rowsWritten(): Promise<number> {
    return this.#state.tables.rowsWritten
  }
}
