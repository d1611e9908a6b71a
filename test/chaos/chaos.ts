/** `npm run chaos -- --events 1500 --kills 10 --seed 7` */
import { parseArgs } from 'node:util'
import { runChaos } from './run.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1500' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
})
const [events, kills, seed] = [values.events, values.kills, values.seed].map(Number)
if (!whole(events, 1, 20_000) || !whole(kills, 0, 100) || !whole(seed, 0, 2 ** 32)) {
  console.error('usage: npm run chaos -- [--events 1…20000] [--kills 0…100] [--seed number]')
  process.exit(2)
}

console.log(`${events} events in 10 ordered lanes, ${kills} kills, seed ${seed}`)
const { violations, ...result } = await runChaos({ events, kills, seed, say: console.log })
console.log('')
for (const [name, value] of Object.entries(result))
  console.log(`${name.replaceAll('_', ' ').padEnd(20)}${String(value).padStart(8)}`)
console.log(`${'violations'.padEnd(20)}${String(violations.length).padStart(8)}`)
for (const violation of violations.slice(0, 50)) console.log(`✗ ${violation}`)
console.log(violations.length === 0 ? '\n✓ nothing lost, nothing out of order' : '')
process.exitCode = violations.length === 0 ? 0 : 1

function whole(value: number | undefined, from: number, to: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= from && value <= to
}
