import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { pushesTo } from '../echo.ts'
import { signedPush } from '../github.ts'
import { flood, sequence } from '../load.ts'
import { reset, until } from '../receiver.ts'
import { median } from '../statistics.ts'

export const lane: Case = {
  name: 'lane',
  keys: ['lane_per_s', 'lane_ratio'],
  note: 'one order key, a receiver that takes 5 ms; its limit is the same post straight to that receiver, one after the other',
  when: 'each',
  async run(stage, scale) {
    const [router, load, receiver, to] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const { path, secret } = await wire(await openAccount(router), `${to}/slow`, {
      connection: { order: {} },
    })
    const bare = () =>
      sequence(load, {
        url: `${to}/slow`,
        method: 'POST',
        ...signedPush(secret),
        count: scale.inLane / 4,
      })
    const before = await bare()
    await reset(receiver)
    const posts = pushesTo([path], secret)
    await flood(load, { url: router.url, posts, connections: 8, amount: scale.inLane })
    const { firstUs, lastUs } = await until(receiver, scale.inLane)
    const after = await bare()
    const perS = scale.inLane / ((lastUs - firstUs) / 1e6)
    return { lane_per_s: perS, lane_ratio: perS / (1000 / median([...before, ...after])) }
  },
}
