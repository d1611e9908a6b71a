/** `npm run bench -- [--quick] [--only NAME] [--json]`. NAME is a case or a key of the table. */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Case, Readings } from './case.ts'
import { cases } from './cases/index.ts'
import { pricedOn } from './prices.ts'
import { full, quick, type Scale, warmUp } from './scale.ts'
import { newStage, type Stage } from './stage.ts'
import { jsonOf, measuredOf, tableOf } from './table.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const chosen = cases.filter(
  ({ name, keys }) =>
    options.only === undefined || name === options.only || keys.includes(options.only),
)
if (chosen.length === 0) {
  console.error(`There is no case of that name: ${cases.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const samples = new Map<string, number[]>()

function keep(readings: Readings): void {
  for (const [key, value] of Object.entries(readings))
    samples.set(key, [...(samples.get(key) ?? []), ...[value].flat()])
}

async function run(stage: Stage, scale: Scale, one: Case): Promise<Readings> {
  process.stderr.write(`${one.name} `)
  return one.run(stage, scale)
}

const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')

async function bench(stage: Stage, scale: Scale): Promise<void> {
  const at = (when: Case['when']) => chosen.filter((one) => one.when === when)
  for (const one of at('once')) keep(await run(stage, scale, one))
  const inTurn = at('each')
  for (const one of inTurn) await run(stage, warmUp(scale), one)
  for (let round = 0; inTurn.length > 0 && round < scale.rounds; round++) {
    process.stderr.write(`\nround ${round + 1} of ${scale.rounds}: `)
    for (const one of inTurn) keep(await run(stage, scale, one))
  }
  for (const one of at('end')) keep(await run(stage, scale, one))
}

// It leaves nothing running, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(130))

const stage = newStage()
const startedMs = performance.now()
console.log(`${cpus().length} cores, load before: ${load()}`)
try {
  await bench(stage, options.quick ? quick : full)
} finally {
  await stage.end()
  process.stderr.write('\n')
}
const measured = measuredOf(samples)
console.log(`load after: ${load()}, ${Math.round((performance.now() - startedMs) / 1000)} s\n`)
console.log(tableOf(measured))
console.log('')
for (const { name, note } of chosen) console.log(`${name}: ${note}.`)
console.log(
  `Prices: list prices of ${pricedOn}, above what the plan includes; no time of an object awake.`,
)
if (options.json) {
  const keys = chosen.flatMap(({ keys }) => keys)
  console.log(jsonOf(measured, keys))
}
