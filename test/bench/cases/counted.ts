import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { pushesTo } from '../echo.ts'
import { type Counts, countsSince } from '../counts.ts'
import { flood } from '../load.ts'
import { billOf } from '../prices.ts'
import { reset, until } from '../receiver.ts'
import type { Runtime, Stage } from '../stage.ts'

export const countsOf = async ({ url }: Runtime): Promise<Counts> =>
  (await fetch(`${url}/bench/counts`)).json<Counts>()

export const countingRuntime = (stage: Stage): Promise<Runtime> =>
  stage.runtime('counting-worker.ts', 'whole')

/** When the last delivery of the counted case was answered, and what had been counted a moment later. */
export const idle: { sinceMs: number; counts: Counts | null } = { sinceMs: 0, counts: null }

/** Every write in hand is done when the counts stand still. */
async function settled(runtime: Runtime): Promise<Counts> {
  for (let before = await countsOf(runtime); ;) {
    await new Promise((resolve) => setTimeout(resolve, 250))
    const after = await countsOf(runtime)
    if (JSON.stringify(after) === JSON.stringify(before)) return after
    before = after
  }
}

export const counted: Case = {
  name: 'counted',
  keys: ['rows_per_event', 'usd_per_million'],
  note: 'the production bundle inside a Worker that counts its operations; the processor time is all that the runtime takes, sockets and SQLite with it',
  when: 'once',
  async run(stage, scale) {
    const [runtime, load, receiver, to] = await Promise.all([
      countingRuntime(stage),
      stage.load(),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const { path, secret } = await wire(await openAccount(runtime), `${to}/counted`)
    const posts = pushesTo([path], secret)
    const deliver = async (amount: number, connections: number) => {
      await reset(receiver)
      await flood(load, { url: runtime.url, posts, connections, amount })
      await until(receiver, amount)
      return settled(runtime)
    }
    const before = await deliver(500, 16)
    const cpuBefore = await runtime.child.ask<number | null>('cpuMs')
    const startedMs = performance.now()
    const after = await deliver(scale.counted, 16)
    const cpuAfter = await runtime.child.ask<number | null>('cpuMs')
    const took = performance.now() - startedMs
    idle.sinceMs = performance.now()
    idle.counts = after

    const cpu_ms = cpuBefore === null || cpuAfter === null ? took : cpuAfter - cpuBefore
    const operations = { ...countsSince(before, after), cpu_ms }
    const bill = billOf(operations, scale.counted)
    const lines = Object.entries(bill).map(([name, dollars]) => [`usd.${name}`, dollars])
    return {
      rows_per_event: operations.rows_written / scale.counted,
      usd_per_million: bill.total ?? Number.NaN,
      ...Object.fromEntries(lines),
    }
  },
}
