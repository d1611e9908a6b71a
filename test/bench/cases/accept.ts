import { accepted } from '../accepted.ts'
import { openAccount, wirePaused } from '../account.ts'
import type { Case } from '../case.ts'
import { beside, connections, cpuReading, echo, pushesTo } from '../echo.ts'
import { flood, pace } from '../load.ts'
import type { Readings } from '../case.ts'
import type { Scale } from '../scale.ts'
import type { Stage } from '../stage.ts'
import { quantile } from '../statistics.ts'

export const accept: Case = {
  name: 'accept',
  keys: [
    'echo_rps',
    'accept_rps',
    'accept_ratio',
    'echo_direct_rps',
    'accept_direct_ratio',
    'accept_front_rps',
    'accept_front_ratio',
    'accept_cpu_us',
    'echo_cpu_us',
    'echo_direct_cpu_us',
    'accept_ms_p50',
    'accept_ms_p99',
  ],
  note: 'GitHub pushes of 1 KB, 32 connections; one tenant, whose destination is paused; …_cpu_us is processor time of the runtime for each post',
  when: 'each',
  async run(stage, scale) {
    const [router, load] = await Promise.all([stage.router(), stage.load()])
    const { path, secret } = await wirePaused(await openAccount(router), await stage.receiverUrl())
    const posts = pushesTo([path], secret)
    const { rps, readings } = await accepted(stage, scale, router, posts, 'accept')
    const direct = await echo(stage, scale.floodS, 'direct')
    const { answeredMs } = await pace(load, {
      url: router.url + path,
      secret,
      perSecond: rps / 2,
      seconds: scale.paceS,
    })
    return {
      ...readings,
      ...(await behindFront(stage, scale)),
      echo_direct_rps: direct.rps,
      accept_direct_ratio: rps / direct.rps,
      ...cpuReading('echo_direct_cpu_us', [direct]),
      accept_ms_p50: quantile(answeredMs, 0.5),
      accept_ms_p99: quantile(answeredMs, 0.99),
    }
  },
}

/** The router behind Miniflare's front, as `echo` is, and as no user meets it. */
async function behindFront(stage: Stage, scale: Scale): Promise<Readings> {
  const [runtime, load, to] = await Promise.all([
    stage.runtime('whole-worker.ts', 'whole'),
    stage.load(),
    stage.receiverUrl(),
  ])
  const { path, secret } = await wirePaused(await openAccount(runtime), to)
  const given = { url: runtime.front, posts: pushesTo([path], secret), connections }
  await flood(load, { ...given, seconds: 0.5 })
  const rates = { rate: 'accept_front_rps', ratio: 'accept_front_ratio' }
  return beside(stage, scale, rates, async () => {
    return (await flood(load, { ...given, seconds: scale.floodS })).rps
  })
}
