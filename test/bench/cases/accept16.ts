import { accepted } from '../accepted.ts'
import { openAccount, wirePaused } from '../account.ts'
import type { Case } from '../case.ts'
import { pushesTo } from '../echo.ts'
import { runtimeCpuMs } from '../processor-time.ts'

const tenants = 16

export const accept16: Case = {
  name: 'accept16',
  keys: ['accept16_rps', 'accept16_ratio', 'accept16_cpu_us'],
  note: 'the same over 16 tenants',
  when: 'each',
  async run(stage, scale) {
    const [router, to] = await Promise.all([stage.router(), stage.receiverUrl()])
    const paths: string[] = []
    let secret = ''
    for (let tenant = 0; tenant < tenants; tenant++) {
      const wired = await wirePaused(await openAccount(router), to)
      paths.push(wired.path)
      secret = wired.secret
    }
    const { url, pid } = router
    const reached = { url, cpuMs: () => runtimeCpuMs(pid()) }
    return (await accepted(stage, scale, reached, pushesTo(paths, secret), 'accept16')).readings
  },
}
