import { openAccount, wire } from '../account.ts'
import type { Case } from '../case.ts'
import { connections, pushesTo } from '../echo.ts'
import { flood } from '../load.ts'
import { reset, until } from '../receiver.ts'

const destinations = 20

export const fanout: Case = {
  name: 'fanout',
  keys: ['fanout_per_s'],
  note: 'deliveries a second, each event to 20 destinations',
  when: 'each',
  async run(stage, scale) {
    const [router, load, receiver, to] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const account = await openAccount(router)
    const { path, secret } = await wire(account, `${to}/fanout/0`)
    for (let n = 1; n < destinations; n++) {
      const config = { url: `${to}/fanout/${n}` }
      const { id } = await account.make('destinations', { name: `${n}`, type: 'webhook', config })
      await account.make('connections', { destination_id: id })
    }
    const posts = pushesTo([path], secret)
    await reset(receiver)
    const { startedUs } = await flood(load, {
      url: router.url,
      posts,
      connections: Math.min(connections, scale.fannedOut),
      amount: scale.fannedOut,
    })
    const deliveries = scale.fannedOut * destinations
    const { lastUs } = await until(receiver, deliveries)
    return { fanout_per_s: deliveries / ((lastUs - startedUs) / 1e6) }
  },
}
