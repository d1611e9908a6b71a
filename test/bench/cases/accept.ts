import { accepted } from '../accepted.ts'
import { openAccount, wirePaused } from '../account.ts'
import type { Case, Readings } from '../case.ts'
import { cpuReading, echo, pushesTo } from '../echo.ts'
import { pace } from '../load.ts'
import { runtimeCpuMs } from '../processor-time.ts'
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
    'accept_front_cpu_us',
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
    const { url, pid } = router
    const { path, secret } = await wirePaused(await openAccount(router), await stage.receiverUrl())
    const reached = { url, cpuMs: () => runtimeCpuMs(pid()) }
    const posts = pushesTo([path], secret)
    const { rps, readings } = await accepted(stage, scale, reached, posts, 'accept')
    const direct = await echo(stage, scale.floodS, 'direct')
    const { answeredMs } = await pace(load, {
      url: url + path,
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
  const runtime = await stage.runtime('whole-worker.ts', 'whole')
  const { path, secret } = await wirePaused(await openAccount(runtime), await stage.receiverUrl())
  const cpuMs = () => runtime.child.ask<number | null>('cpuMs')
  const reached = { url: runtime.front, cpuMs }
  const posts = pushesTo([path], secret)
  return (await accepted(stage, scale, reached, posts, 'accept_front')).readings
}
