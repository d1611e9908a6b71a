import type { Case } from '../case.ts'
import { grown } from '../grown.ts'
import { sequence } from '../load.ts'
import { quantile } from '../statistics.ts'

const states = ['held', 'sending', 'waiting', 'delivered', 'dead', 'canceled']

export const list: Case = {
  name: 'list',
  keys: ['list_ms_p99'],
  note: 'GET /api/v1/deliveries?state=… among 200,000 events, each state in turn; the slowest state counts',
  when: 'once',
  async run(stage, scale) {
    const [{ account }, load] = await Promise.all([grown(stage, scale), stage.load()])
    const headers = { authorization: `Bearer ${account.key}` }
    const readings: Record<string, number> = {}
    for (const state of states) {
      const url = `${account.url}/api/v1/deliveries?state=${state}`
      await sequence(load, { url, method: 'GET', headers, count: 3 })
      const tookMs = await sequence(load, { url, method: 'GET', headers, count: scale.listed })
      readings[`list.${state}_ms_p99`] = quantile(tookMs, 0.99)
    }
    return { list_ms_p99: Math.max(...Object.values(readings)), ...readings }
  },
}
