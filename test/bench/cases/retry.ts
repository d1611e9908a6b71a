import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { pace } from '../load.ts'
import { reset, retryAfterMs, until } from '../receiver.ts'
import { quantile } from '../statistics.ts'

export const retry: Case = {
  name: 'retry',
  keys: ['retry_lag_ms_p99'],
  note: 'from 1 s after the refused first attempt to the arrival of the second, 100 events a second',
  when: 'each',
  async run(stage, scale) {
    const [router, load, receiver, to] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const { path, secret } = await wire(await openAccount(router), `${to}/flaky`, {
      destination: { retry: { schedule_s: [retryAfterMs / 1000], jitter: 0 }, circuit: null },
    })
    await reset(receiver)
    const perSecond = 100
    const seconds = scale.retried / perSecond
    const { count } = await pace(load, { url: router.url + path, secret, perSecond, seconds })
    const { lagMs } = await until(receiver, count)
    return { retry_lag_ms_p99: quantile(lagMs, 0.99) }
  },
}
