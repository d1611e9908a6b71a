import { openAccount, wirePaused } from '../account.ts'
import type { Case } from '../case.ts'
import { beside, connections, pushesTo } from '../echo.ts'
import { flood } from '../load.ts'

const tenants = 16

export const accept16: Case = {
  name: 'accept16',
  keys: ['accept16_rps', 'accept16_ratio'],
  note: 'the same over 16 tenants',
  when: 'each',
  async run(stage, scale) {
    const [router, load, to] = await Promise.all([
      stage.router(),
      stage.load(),
      stage.receiverUrl(),
    ])
    const paths: string[] = []
    let secret = ''
    for (let tenant = 0; tenant < tenants; tenant++) {
      const wired = await wirePaused(await openAccount(router), to)
      paths.push(wired.path)
      secret = wired.secret
    }
    const posts = pushesTo(paths, secret)
    const { url } = router
    await flood(load, { url, posts, connections, seconds: 0.5 })
    return beside(stage, scale, { rate: 'accept16_rps', ratio: 'accept16_ratio' }, async () => {
      return (await flood(load, { url, posts, connections, seconds: scale.floodS })).rps
    })
  },
}
