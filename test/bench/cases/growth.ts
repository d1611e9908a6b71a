import { openAccount, wirePaused } from '../account.ts'
import type { Case } from '../case.ts'
import { connections, pushesTo } from '../echo.ts'
import { grown } from '../grown.ts'
import { flood } from '../load.ts'

export const growth: Case = {
  name: 'growth',
  keys: ['growth_ratio'],
  note: 'accept_rps of a tenant with 200,000 stored events to that of a new one, in turn in one process',
  when: 'each',
  async run(stage, scale) {
    const [{ router, accepting }, load] = await Promise.all([grown(stage, scale), stage.load()])
    const fresh = await wirePaused(await openAccount(router), await stage.receiverUrl())
    const rps = async (path: string, seconds: number) => {
      const posts = pushesTo([path], fresh.secret)
      return (await flood(load, { url: router.url, posts, connections, seconds })).rps
    }
    for (const path of [fresh.path, accepting.path]) await rps(path, 0.5)
    const before = await rps(fresh.path, scale.floodS / 2)
    const large = await rps(accepting.path, scale.floodS)
    const after = await rps(fresh.path, scale.floodS / 2)
    return { growth_ratio: large / ((before + after) / 2) }
  },
}
