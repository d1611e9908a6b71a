import type { Readings } from './case.ts'
import { everNew, signedPush } from './github.ts'
import { flood, type Post } from './load.ts'
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

/**
 * The bare Worker under the very load that the router gets. Behind Miniflare's front it is the measure of all ratios; `direct`, on
 * a socket of its own as the router is, it is what the runtime itself can give.
 */
export async function echo(stage: Stage, seconds: number, kind?: 'direct'): Promise<number> {
  const [{ url }, load] = await Promise.all([stage.runtime('echo-worker.ts', kind), stage.load()])
  const posts = pushesTo(['/in/src_echo'], 'It is a secret to everybody')
  return (await flood(load, { url, posts, connections, seconds })).rps
}

const last = { at: 0, rps: 0 }

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
  const isFresh = performance.now() - last.at < 500
  const before = isFresh ? last.rps : await echo(stage, floodS)
  const perSecond = await measure()
  const after = await echo(stage, floodS)
  last.at = performance.now()
  last.rps = after
  return {
    [name.rate]: perSecond,
    [name.ratio]: perSecond / ((before + after) / 2),
    echo_rps: isFresh ? [after] : [before, after],
  }
}
