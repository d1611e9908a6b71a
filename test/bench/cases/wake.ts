import { openAccount } from '../account.ts'
import type { Case } from '../case.ts'
import { nowUs } from '../clock.ts'
import { grown } from '../grown.ts'

export const wake: Case = {
  name: 'wake',
  keys: ['wake_ms'],
  note: 'the first read of a ledger with 200,000 stored and 5,000 pending after kill -9 and a start; another tenant has warmed the Worker',
  when: 'once',
  async run(stage, scale) {
    const { router, account } = await grown(stage, scale)
    const wakeMs: number[] = []
    for (let time = 0; time < scale.woken; time++) {
      await router.kill()
      await router.restart()
      await (await openAccount(router)).get('events?limit=1')
      const startedUs = nowUs()
      await account.get('events?limit=1')
      wakeMs.push((nowUs() - startedUs) / 1000)
    }
    return { wake_ms: wakeMs }
  },
}
