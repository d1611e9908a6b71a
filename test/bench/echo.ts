import type { Readings } from './case.ts'
import { everNew, signedPush } from './github.ts'
import { flood, type Flooded, type Post } from './load.ts'
import { cpuUsOf } from './processor-time.ts'
import type { Scale } from './scale.ts'
import type { Stage } from './stage.ts'

export const connections = 32

export const pushTo = (path: string, secret: string): Post => ({
  method: 'POST',
  path,
  ...signedPush(secret, { delivery: everNew }),
})

/** Posts of 1 KB to GitHub sources, each under a delivery id of its own. */
export const pushesTo = (paths: readonly string[], secret: string): Post[] =>
  paths.map((path) => pushTo(path, secret))

/** A flood, and the runtime's processor time for each of its posts; `null` where the system does not say. */
export type Spent = Flooded & { cpuUs: number | null }

/**
 * The bare Worker under the very load that the router gets. Behind Miniflare's front it is the measure of all ratios; `direct`, on
 * a socket of its own as the router is, it is what the runtime itself can give.
 */
export async function echo(stage: Stage, seconds: number, kind?: 'direct'): Promise<Spent> {
  const [{ url, child }, load] = await Promise.all([
    stage.runtime('echo-worker.ts', kind),
    stage.load(),
  ])
  const posts = pushesTo(['/in/src_echo'], 'It is a secret to everybody')
  return cpuUsOf(
    () => child.ask('cpuMs'),
    () => flood(load, { url, posts, connections, seconds }),
  )
}

/** A reading of processor time; none where the system does not say. */
export const cpuReading = (key: string, all: readonly Spent[]): Readings => {
  const known = all.flatMap(({ cpuUs }) => cpuUs ?? [])
  return known.length === 0 ? {} : { [key]: known }
}

let last: { at: number; echoed: Spent } | null = null

/**
 * Runs `measure` between two measurements of the bare Worker, so that what else goes on upon this machine weighs on both, and
 * answers the ratio beside what was measured.
 */
export async function beside(
  stage: Stage,
  { floodS }: Scale,
  name: { rate: string; ratio: string },
  measure: () => Promise<number>,
): Promise<Readings> {
  const kept = last !== null && performance.now() - last.at < 500 ? last.echoed : null
  const before = kept ?? (await echo(stage, floodS))
  const perSecond = await measure()
  const after = await echo(stage, floodS)
  last = { at: performance.now(), echoed: after }
  const fresh = kept === null ? [before, after] : [after]
  return {
    [name.rate]: perSecond,
    [name.ratio]: perSecond / ((before.rps + after.rps) / 2),
    echo_rps: fresh.map(({ rps }) => rps),
    ...cpuReading('echo_cpu_us', fresh),
  }
}
