import type { DeliveryState } from '../model/delivery.ts'
import { placeOfDelivery, type Seq } from '../model/event-id.ts'
import type { Attempt, AttemptReport } from '../model/outcome.ts'
import { fitsInline } from './attempt-log.ts'
import type { OpenDelivery } from './open-delivery.ts'
import type { SettleResult } from './protocol.ts'
import { decide, type Decision } from './retry.ts'
import type { State } from './state.ts'
import type { DeliveryEnd } from './tables.ts'

export type Settled = Pick<SettleResult, 'heard' | 'state'>

const unheard: Settled = { heard: false, state: null }

/** How long after a burial was asked for it is asked for again. */
const buryAgainMs = 30_000

/** Hears what an attempt came to, from the one who holds its lease, and moves the delivery on. */
export function settle(state: State, id: string, token: string, report: AttemptReport): Settled {
  const delivery = state.scheduler.open.get(id)
  const now = state.now()
  if (delivery === undefined || !state.scheduler.holds(delivery, token, 'sending', now))
    return unheard
  state.scheduler.lines.attempted(delivery, report.outcome.kind === 'delivered', now)
  state.scheduler.vacate(delivery)
  const attempt = recorded(delivery, report, now)
  const decision = decisionFor(state, delivery, report, now)
  const disables = report.outcome.kind === 'refused' && report.outcome.disable === true
  if (disables) state.scheduler.lines.disable(delivery)
  return { heard: true, state: move(state, delivery, attempt, decision, now, disables) }
}

/** A lease ran out: the attempt counts, and the next one need not wait, for nobody has said no. */
export function interrupted(state: State, delivery: OpenDelivery, now: number): void {
  const report: AttemptReport = {
    outcome: { kind: 'failed', cause: 'interrupted' },
    duration_ms: 0,
    status: null,
    error: 'The attempt was interrupted: its outcome is not known.',
    request_headers: {},
  }
  state.scheduler.lines.attempted(delivery, false, now)
  const attempt = recorded(delivery, report, now)
  const decision = decisionFor(state, delivery, report, now)
  const soon: Decision = decision.do === 'retry' ? { do: 'retry', at: now } : decision
  const became = move(state, delivery, attempt, soon, now, false)
  if (became === 'dead' && state.unburied.has(delivery.id)) state.burials.push(delivery.id)
}

function recorded(delivery: OpenDelivery, report: AttemptReport, now: number): Attempt {
  const { outcome: _, ...facts } = report
  delivery.attempts += 1
  delivery.lastStatus = report.status
  return {
    number: delivery.attempts,
    at: now - report.duration_ms,
    trigger: delivery.trigger,
    ...facts,
  }
}

function decisionFor(
  state: State,
  delivery: OpenDelivery,
  report: AttemptReport,
  now: number,
): Decision {
  const policy = state.scheduler.line(delivery.destinationId)?.state.policy
  if (policy === undefined) return { do: 'bury', cause: 'destination_deleted' }
  const [byte = 0] = state.random(1)
  const dice = (byte / 255) * 2 - 1
  return decide(report.outcome, report.status, delivery.attempts, policy, now, dice)
}

function move(
  state: State,
  delivery: OpenDelivery,
  attempt: Attempt,
  decision: Decision,
  now: number,
  disables: boolean,
): DeliveryState {
  if (decision.do === 'settle') return end(state, delivery, 'delivered', now, { attempt })
  if (delivery.again !== null) return endAgain(state, delivery, attempt, delivery.again, disables)
  if (delivery.cancelAsked !== null) {
    return end(state, delivery, 'canceled', now, { attempt, cause: delivery.cancelAsked, disables })
  }
  if (decision.do === 'bury') {
    return end(state, delivery, 'dead', now, { attempt, cause: decision.cause, disables })
  }
  state.attempts.add(delivery.seq, delivery.index, attempt)
  delivery.trigger = 'retry'
  state.scheduler.wait(delivery, Math.ceil(decision.at))
  state.work.keep(delivery)
  return 'waiting'
}

interface Ending {
  attempt?: Attempt
  cause?: string
  /** The receiver asked never to be called again. */
  disables?: boolean
}

/** The delivery's end, in its event's row; what is open of it goes. A dead one stays until its notice is sent. */
export function end(
  state: State,
  delivery: OpenDelivery,
  as: DeliveryEnd['state'],
  now: number,
  { attempt, cause, disables }: Ending,
): DeliveryEnd['state'] {
  const { seq, index } = delivery
  const inline = attempt !== undefined && delivery.again === null && fitsInline(attempt)
  if (attempt !== undefined && !inline) state.attempts.add(seq, index, attempt)
  const ended: DeliveryEnd = {
    state: as,
    at: now,
    attempts: delivery.attempts,
    status: delivery.lastStatus,
    ...(cause === undefined ? {} : { cause }),
    ...(disables === true ? { disables } : {}),
    ...(inline ? { last: attempt } : {}),
  }
  if (delivery.again === null) {
    state.events.end(seq, index, ended)
  } else {
    // It had ended before, and what its row says of its first attempt stays.
    state.events.change(seq, index, (stored) => {
      const last = stored.end?.last
      return { ...stored, end: { ...ended, ...(last === undefined ? {} : { last }) } }
    })
  }
  finish(state, delivery, as, now, disables === true)
  return as
}

function finish(
  state: State,
  delivery: OpenDelivery,
  as: DeliveryEnd['state'],
  now: number,
  disables: boolean,
): void {
  const { seq, index } = delivery
  if (as === 'delivered') {
    if (delivery.again === 'dead')
      state.tables.run('DELETE FROM ended WHERE seq = ? AND idx = ?', seq, index)
    // What has arrived after all needs no notice of its death.
    state.unburied.delete(delivery.id)
  } else {
    state.tables.run(
      'INSERT OR REPLACE INTO ended (seq, idx, state) VALUES (?, ?, ?)',
      seq,
      index,
      as,
    )
  }
  const blocks = as === 'dead' && isBlocking(state, delivery)
  // A notice about a notice could go on for ever. A destination that is to be disabled is, whatever it refused.
  const bury = disables || (as === 'dead' && !isNotice(state, seq))
  if (blocks) {
    delivery.standing = 'blocking'
    delivery.token = null
  } else {
    state.scheduler.remove(delivery)
  }
  if (bury) askToBury(state, delivery.id, now)
  if (blocks) state.work.keep(delivery)
  else state.work.forget(delivery)
}

const isNotice = (state: State, seq: Seq): boolean =>
  state.events.row(seq)?.type.startsWith('switchyard.') === true

const isBlocking = (state: State, { lane, connectionId }: OpenDelivery): boolean =>
  lane !== null && state.config?.connections[connectionId]?.on_dead === 'block'

/** The settling sender asks for the burial at once; should that be lost, the alarm asks again. */
export function askToBury(state: State, id: string, now: number): void {
  state.unburied.add(id)
  state.scheduler.timers.set(
    now + buryAgainMs,
    () => state.unburied.has(id),
    (at) => {
      state.burials.push(id)
      askToBury(state, id, at)
    },
  )
}

/** One more attempt at something that had ended has failed: it is what it was. */
function endAgain(
  state: State,
  delivery: OpenDelivery,
  attempt: Attempt,
  was: 'dead' | 'delivered',
  disables: boolean,
): DeliveryState {
  const { seq, index, attempts, lastStatus: status } = delivery
  state.attempts.add(seq, index, attempt)
  const facts = { attempts, status, ...(disables ? { disables } : {}) }
  state.events.change(seq, index, (stored) =>
    stored.end === undefined ? stored : { ...stored, end: { ...stored.end, ...facts } },
  )
  state.scheduler.remove(delivery)
  if (disables) askToBury(state, delivery.id, state.now())
  state.work.forget(delivery)
  return was
}

/** The dead letter's notice has been sent. */
export function bury(state: State, id: string): void {
  if (!state.unburied.delete(id)) return
  const place = placeOfDelivery(id)
  if (place === null) return
  const open = state.scheduler.open.get(id)
  if (open === undefined) state.work.deleteRow(place.seq, place.index)
  else state.work.keep(open)
}
