import type { Measured } from './table.ts'

interface Target {
  key: string
  text: string
  holds(of: (key: string) => number): boolean
}

const atLeast = (key: string, least: number): Target => ({
  key,
  text: `≥ ${least}`,
  holds: (of) => of(key) >= least,
})

const atMost = (key: string, most: number): Target => ({
  key,
  text: `≤ ${most}`,
  holds: (of) => of(key) <= most,
})

/** What is to be reached on two shared cores. */
const targets: readonly Target[] = [
  atLeast('accept_ratio', 0.45),
  atLeast('accept16_ratio', 0.4),
  atLeast('drain_ratio', 0.22),
  {
    key: 'e2e_ms_p50',
    text: '≤ direct + 12',
    holds: (of) => of('e2e_ms_p50') <= of('direct_ms_p50') + 12,
  },
  atLeast('lane_ratio', 0.85),
  atMost('rows_per_event', 4),
  atMost('usd_per_million', 5),
  atLeast('growth_ratio', 0.9),
  atMost('list_ms_p99', 50),
  atMost('bundle_gz_kb', 150),
  atMost('startup_ms', 60),
  atMost('idle_ops', 0),
]

/** What was to be reached for `key`, and whether it was; `null` where nothing was. */
export function targetOf(
  key: string,
  measured: ReadonlyMap<string, Measured>,
): { text: string; holds: boolean } | null {
  const target = targets.find((one) => one.key === key)
  if (target === undefined) return null
  return {
    text: target.text,
    holds: target.holds((of) => measured.get(of)?.median ?? Number.NaN),
  }
}
