import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { pace } from '../load.ts'
import { reset, tallyOf, until } from '../receiver.ts'
import { quantile } from '../statistics.ts'

const perSecond = 100

export const e2e: Case = {
  name: 'e2e',
  keys: ['e2e_ms_p50', 'e2e_ms_p99', 'direct_ms_p50'],
  note: 'from the post to the arrival, evenly 100 a second; direct: the same posts straight to the receiver',
  when: 'each',
  async run(stage, scale) {
    const [router, load, receiver, to] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const { path, secret } = await wire(await openAccount(router), `${to}/e2e`)
    const seconds = scale.paceS
    const through = { url: router.url + path, secret, perSecond }
    await reset(receiver)
    await pace(load, { ...through, seconds: 0.2 })
    await until(receiver, perSecond * 0.2)
    await reset(receiver)
    const { count } = await pace(load, { ...through, seconds })
    const { lateMs } = await until(receiver, count)
    await reset(receiver)
    await pace(load, { url: `${to}/direct`, secret, perSecond, seconds })
    const direct = await tallyOf(receiver)
    return {
      e2e_ms_p50: quantile(lateMs, 0.5),
      e2e_ms_p99: quantile(lateMs, 0.99),
      direct_ms_p50: quantile(direct.lateMs, 0.5),
    }
  },
}
