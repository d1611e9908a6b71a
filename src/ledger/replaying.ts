import { deliveryIdOf, firstSeqOf, maxDeliveriesPerEvent } from '../model/event-id.ts'
import { mostOpen, openFrom } from './accepting.ts'
import type { ReplayJob, ReplaySelection } from './protocol.ts'
import type { State } from './state.ts'
import { fromColumn } from './tables.ts'

interface StoredJob extends ReplayJob {
  selection: ReplaySelection
  /** The last dead letter that was looked at. */
  at: { seq: number; index: number }
  /** Dead letters after this one came after the job was asked for. */
  until: { seq: number }
}

/** How many dead letters one turn replays. */
const chunk = 100
/** When the job looks again after it found too much open. */
const fullMs = 2000

const candidates = `
  SELECT ended.seq AS seq, ended.idx AS idx FROM ended JOIN events ON events.seq = ended.seq
  WHERE ended.state = 'dead' AND ended.replayed = 0
    AND (ended.seq, ended.idx) > (?1, ?2) AND ended.seq <= ?3
    AND (?4 IS NULL OR events.type = ?4)
    AND (?5 IS NULL OR json_extract(events.plan, '$.deliveries[' || ended.idx || '].destination_id') = ?5)
    AND (?6 IS NULL OR json_extract(events.plan, '$.deliveries[' || ended.idx || '].connection_id') = ?6)
    AND (?7 IS NULL OR ended.seq >= ?7) AND (?8 IS NULL OR ended.seq < ?8)
    AND json_extract(events.plan, '$.deliveries[' || ended.idx || '].end.at') <= ?9`

const select = (job: StoredJob): SqlStorageValue[] => {
  const { event_type, destination_id, connection_id, since, until } = job.selection
  return [
    job.at.seq,
    job.at.index,
    job.until.seq,
    event_type,
    destination_id,
    connection_id,
    since === null ? null : firstSeqOf(since),
    until === null ? null : firstSeqOf(until),
    job.created_at,
  ]
}

const save = (state: State, job: StoredJob): void => {
  state.tables.run('INSERT OR REPLACE INTO jobs VALUES (?, ?)', job.id, JSON.stringify(job))
}

function stored(state: State, id: string): StoredJob | null {
  const row = state.tables.first<{ data: string }>('SELECT data FROM jobs WHERE id = ?', id)
  return row === null ? null : fromColumn<StoredJob>(row.data)
}

const publicJob = ({ selection: _, at: __, until: ___, ...job }: StoredJob): ReplayJob => job

export function job(state: State, id: string): ReplayJob | null {
  const found = stored(state, id)
  return found === null ? null : publicJob(found)
}

/** Starts to replay the dead letters that fit; those that die later are not part of it. */
export function startReplay(state: State, id: string, selection: ReplaySelection): ReplayJob {
  const known = stored(state, id)
  if (known !== null) return publicJob(known)
  const started: StoredJob = {
    id,
    state: 'running',
    total: 0,
    done: 0,
    failed: 0,
    created_at: state.now(),
    selection,
    at: { seq: 0, index: -1 },
    until: { seq: state.events.lastSeq() },
  }
  const count = `SELECT count(*) AS n FROM (${candidates})`
  started.total = state.tables.first<{ n: number }>(count, ...select(started))?.n ?? 0
  if (started.total === 0) started.state = 'done'
  save(state, started)
  if (started.state === 'running') goOn(state, id)
  return publicJob(started)
}

export function cancelJob(state: State, id: string): ReplayJob | null {
  const found = stored(state, id)
  if (found === null) return null
  if (found.state === 'running') {
    found.state = 'canceled'
    save(state, found)
  }
  return publicJob(found)
}

/** What was running when the ledger slept goes on. */
export function resumeJobs(state: State): void {
  for (const { data } of state.tables.all<{ data: string }>('SELECT data FROM jobs')) {
    const found = fromColumn<StoredJob>(data)
    if (found.state === 'running') goOn(state, found.id)
  }
}

function goOn(state: State, id: string, delayMs = 1): void {
  state.scheduler.timers.set(
    state.now() + delayMs,
    () => true,
    () => step(state, id),
  )
}

function step(state: State, id: string): void {
  const running = stored(state, id)
  if (running === null || running.state !== 'running') return
  // What is open lives in memory: the rest of a long job waits for room, and leaves room for new events.
  if (state.scheduler.open.size >= mostOpen / 2) return goOn(state, id, fullMs)
  const found = state.tables.all<{ seq: number; idx: number }>(
    `${candidates} ORDER BY ended.seq, ended.idx LIMIT ${chunk}`,
    ...select(running),
  )
  for (const { seq, idx } of found) {
    running.at = { seq, index: idx }
    if (replayDelivery(state, seq, idx)) running.done += 1
    else running.failed += 1
  }
  if (found.length < chunk) running.state = 'done'
  save(state, running)
  if (running.state === 'running') goOn(state, id)
}

/** A new delivery of the same event, in the dead one's place where that blocks its lane. */
function replayDelivery(state: State, seq: number, index: number): boolean {
  const row = state.events.row(seq)
  const plan = state.events.plan(seq)
  const dead = plan?.deliveries[index]
  if (row === null || plan === null || dead === undefined) return false
  const isKnown =
    Object.hasOwn(state.config?.destinations ?? {}, dead.destination_id) &&
    Object.hasOwn(state.config?.connections ?? {}, dead.connection_id)
  if (!isKnown || plan.deliveries.length >= maxDeliveriesPerEvent) return false
  const { end: _, replay_of: __, replayed_as: ___, ...same } = dead
  const replay = { ...same, replay_of: index }
  const replayIndex = plan.deliveries.push(replay) - 1
  dead.replayed_as = replayIndex
  state.events.savePlan(seq, plan)
  state.tables.run('UPDATE ended SET replayed = 1 WHERE seq = ? AND idx = ?', seq, index)
  const delivery = openFrom(replay, seq, replayIndex, row.id)
  const blocking = state.scheduler.open.get(deliveryIdOf(row.id, index))
  if (blocking?.standing === 'blocking') {
    state.scheduler.takePlaceOf(blocking, delivery)
    state.work.forget(blocking)
  } else {
    state.scheduler.add(delivery)
  }
  state.work.keep(delivery)
  return true
}
