import type { Readings } from './case.ts'
import { beside, connections, cpuReading } from './echo.ts'
import { flood, type Post } from './load.ts'
import { cpuUsOf } from './processor-time.ts'
import type { Scale } from './scale.ts'
import type { Stage } from './stage.ts'

interface Reached {
  url: string
  /** The processor time so far of the runtime behind it. */
  cpuMs: () => number | null | Promise<number | null>
}

/** How many of `posts` a router takes, beside the bare Worker, and the processor time for each: `<name>_rps`, `_ratio`, `_cpu_us`. */
export async function accepted(
  stage: Stage,
  scale: Scale,
  { url, cpuMs }: Reached,
  posts: Post[],
  name: 'accept' | 'accept16' | 'accept_front',
): Promise<{ rps: number; readings: Readings }> {
  const load = await stage.load()
  await flood(load, { url, posts, connections, seconds: 0.5 })
  let rps = 0
  let cpu: Readings = {}
  const rates = { rate: `${name}_rps`, ratio: `${name}_ratio` }
  const readings = await beside(stage, scale, rates, async () => {
    const seconds = scale.floodS
    const spent = await cpuUsOf(cpuMs, () => flood(load, { url, posts, connections, seconds }))
    rps = spent.rps
    cpu = cpuReading(`${name}_cpu_us`, [spent])
    return rps
  })
  return { rps, readings: { ...readings, ...cpu } }
}
