import { openAccount, wirePaused } from '../account.ts'
import type { Case } from '../case.ts'
import { beside, connections, echo, pushesTo } from '../echo.ts'
import { flood, pace } from '../load.ts'
import { quantile } from '../statistics.ts'

const warmUpS = 0.5

export const accept: Case = {
  name: 'accept',
  keys: [
    'echo_rps',
    'accept_rps',
    'accept_ratio',
    'echo_direct_rps',
    'accept_direct_ratio',
    'accept_ms_p50',
    'accept_ms_p99',
  ],
  note: 'GitHub pushes of 1 KB, 32 connections; one tenant, whose destination is paused',
  when: 'each',
  async run(stage, scale) {
    const [router, load] = await Promise.all([stage.router(), stage.load()])
    const account = await openAccount(router)
    const { path, secret } = await wirePaused(account, await stage.receiverUrl())
    const posts = pushesTo([path], secret)
    const { url } = router
    await flood(load, { url, posts, connections, seconds: warmUpS })
    let rps = 0
    const readings = await beside(
      stage,
      scale,
      { rate: 'accept_rps', ratio: 'accept_ratio' },
      async () => {
        rps = (await flood(load, { url, posts, connections, seconds: scale.floodS })).rps
        return rps
      },
    )
    const direct = await echo(stage, scale.floodS, 'direct')
    const { answeredMs } = await pace(load, {
      url: url + path,
      secret,
      perSecond: rps / 2,
      seconds: scale.paceS,
    })
    return {
      ...readings,
      echo_direct_rps: direct,
      accept_direct_ratio: rps / direct,
      accept_ms_p50: quantile(answeredMs, 0.5),
      accept_ms_p99: quantile(answeredMs, 0.99),
    }
  },
}
