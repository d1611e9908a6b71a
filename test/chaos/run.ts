import { setTimeout as pause } from 'node:timers/promises'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { type Router, type RouterTenant, startRouter } from '../support/router.ts'
import { type Account, account, type Accepted, type Arrival, type Kill } from './account.ts'

export interface ChaosOptions {
  events: number
  kills: number
  seed: number
  keys?: number
  say?: (line: string) => void
}

export interface ChaosResult extends Account {
  kills: number
  /** Posts whose answer a kill took, sent again with the same id. */
  reposts: number
  /** Of them, those that had been stored: answered as a duplicate. */
  stored_unanswered: number
  seconds: number
}

/** How many events of a key may be posted ahead of its deliveries: so that kills hit posts and attempts alike. */
const AHEAD = 6

/**
 * Posts events into one ordered connection, kills the whole router and starts it again while they flow, and holds
 * what arrived against the promises. Ends by itself: everything is waited for with a time limit.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { events, kills: killCount, seed, keys = 10, say = () => {} } = options
  const dice = diceOf(seed)
  const started = Date.now()
  const limitMs = 30_000 + events * 150 + killCount * 8000
  const receiver = await startReceiver()
  const router = await startRouter()
  try {
    const arrivals: Arrival[] = []
    answerUnevenly(receiver, arrivals, dice)
    const tenant = await prepare(router, receiver)

    const power = new Power(router)
    const posted = { reposts: 0, stored_unanswered: 0 }
    const accepted: Accepted = new Map()
    const delivered = () => arrivals.filter(({ status }) => status === 200).length
    const posting = Array.from({ length: keys }, async (_, k) => {
      const key = `key-${k}`
      const ids: string[] = []
      accepted.set(key, ids)
      for (let n = 1; n <= share(events, keys, k); n++) {
        await receiver.until(() => reached(arrivals, key, n - AHEAD), limitMs)
        ids.push(await post({ tenant, power, posted, key, n, seed }))
      }
    })
    const killing = async () => {
      for (let k = 0; k < killCount; k++) {
        const threshold = (events * 0.9 * (k + dice())) / killCount
        await receiver.until(() => delivered() >= threshold, limitMs)
        await pause(dice() * 120)
        await power.cut()
        say(`kill ${k + 1} of ${killCount} after ${delivered()} of ${events}`)
      }
    }
    await Promise.all([...posting, killing()])
    await receiver.until(
      () => [...accepted].every(([key, ids]) => reached(arrivals, key, ids.length)),
      limitMs - (Date.now() - started),
    )
    await settled(tenant)
    return {
      ...account(accepted, arrivals, power.kills),
      kills: power.kills.length,
      ...posted,
      seconds: Math.round((Date.now() - started) / 1000),
    }
  } catch (error) {
    throw new Error(`chaos did not end; the router's last words:\n${router.log().slice(-2000)}`, {
      cause: error,
    })
  } finally {
    await router.close()
    await receiver.close()
  }
}

/** One request in five fails; every answer takes a moment, so that there is something in flight to kill. */
function answerUnevenly(receiver: Receiver, arrivals: Arrival[], dice: () => number): void {
  receiver.answers(({ headers, body, at }) => {
    const { key, n } = JSON.parse(body.toString())
    const status = dice() < 0.2 ? 500 : 200
    const delay_ms = Math.round(dice() * 25)
    const id = headers['webhook-id'] ?? ''
    const sequence = headers['switchyard-sequence']
    arrivals.push({ id, key, n, sequence, at, answered: at + delay_ms, status })
    return { status, delay_ms }
  })
}

async function prepare(router: Router, receiver: Receiver): Promise<RouterTenant> {
  const tenant = await router.tenant({ name: 'Chaos' })
  const destination = await tenant.make('/api/v1/destinations', {
    name: 'one in five fails',
    type: 'webhook',
    config: { url: `${receiver.url}/hook` },
    retry: { schedule_s: Array.from({ length: 10 }, () => 1), jitter: 0 },
    circuit: null,
  })
  await tenant.make('/api/v1/connections', {
    destination_id: destination.id,
    order: { key: 'order_key' },
  })
  return tenant
}

/** The mains: `cut` kills every process of the router and starts it again; `on` waits while it is off. */
class Power {
  kills: Kill[] = []
  on: Promise<void> = Promise.resolve()
  readonly #router: Router
  constructor(router: Router) {
    this.#router = router
  }
  async cut(): Promise<void> {
    const kill = { from: Date.now(), until: Number.POSITIVE_INFINITY }
    this.kills.push(kill)
    const again = this.#router.kill().then(() => {
      kill.until = Date.now()
      return this.#router.restart()
    })
    this.on = again
    await again
  }
}

interface Post {
  tenant: RouterTenant
  power: Power
  posted: { reposts: number; stored_unanswered: number }
  key: string
  n: number
  seed: number
}

/** Posts until there is an answer, always with the same id, and answers the event's id. */
async function post({ tenant, power, posted, key, n, seed }: Post): Promise<string> {
  const body = { id: `${seed}-${key}-${n}`, type: 'chaos.tick', order_key: key, data: { key, n } }
  let last: unknown
  for (let tries = 1; tries <= 50; tries++) {
    await power.on
    const answer = await tenant
      .api('/api/v1/events', { method: 'POST', body })
      .catch((error: unknown) => ({ status: 0, json: String(error) }))
    if (answer.status === 202) return answer.json.id
    if (answer.status === 200 && tries > 1) {
      posted.stored_unanswered += 1
      return answer.json.id
    }
    if (answer.status !== 0 && answer.status < 500)
      throw new Error(`${body.id} was answered ${answer.status}: ${JSON.stringify(answer.json)}`)
    posted.reposts += 1
    last = answer
    await pause(20)
  }
  throw new Error(`${body.id} was never answered 2xx: ${JSON.stringify(last)}`)
}

const share = (events: number, keys: number, k: number) =>
  Math.floor(events / keys) + (k < events % keys ? 1 : 0)

const reached = (arrivals: readonly Arrival[], key: string, n: number): boolean =>
  n < 1 ||
  arrivals.some((arrival) => arrival.n === n && arrival.key === key && arrival.status === 200)

/** Waits until the ledger says that nothing is owed, so that a late duplicate would have been seen. */
async function settled(tenant: RouterTenant): Promise<void> {
  const open = async (state: string) =>
    (await tenant.api(`/api/v1/deliveries?limit=1&state=${state}`)).json.data.length
  for (let tries = 0; tries < 200; tries++) {
    const left = await Promise.all(['held', 'sending', 'waiting'].map(open))
    if (left.every((count) => count === 0)) {
      if ((await open('dead')) > 0) throw new Error('there are dead letters')
      return
    }
    await pause(100)
  }
  throw new Error('some deliveries never ended')
}

/** Mulberry32: the same seed gives the same falls of the dice. */
function diceOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
