import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { beside, connections, pushesTo } from '../echo.ts'
import { flood } from '../load.ts'
import { reset, until } from '../receiver.ts'

export const drain: Case = {
  name: 'drain',
  keys: ['drain_per_s', 'drain_ratio'],
  note: 'accepted and delivered, one tenant, from the first post to the last answer of the receiver',
  when: 'each',
  async run(stage, scale) {
    const [router, load, receiver] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiver(),
    ])
    const account = await openAccount(router)
    const { path, secret } = await wire(account, `${await stage.receiverUrl()}/drain`)
    const posts = pushesTo([path], secret)
    const { url } = router
    await reset(receiver)
    await flood(load, { url, posts, connections, amount: 100 })
    await until(receiver, 100)
    return beside(stage, scale, { rate: 'drain_per_s', ratio: 'drain_ratio' }, async () => {
      await reset(receiver)
      const { startedUs } = await flood(load, { url, posts, connections, amount: scale.drained })
      const { lastUs } = await until(receiver, scale.drained)
      return scale.drained / ((lastUs - startedUs) / 1e6)
    })
  },
}
