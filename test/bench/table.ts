import { median } from './statistics.ts'
import { targetOf } from './targets.ts'

export interface Measured {
  median: number
  least: number
  most: number
  times: number
}

export const measuredOf = (samples: ReadonlyMap<string, number[]>): Map<string, Measured> =>
  new Map(
    [...samples].map(([key, values]) => [
      key,
      {
        median: median(values),
        least: Math.min(...values),
        most: Math.max(...values),
        times: values.length,
      },
    ]),
  )

const shown = (value: number): string => {
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 3)
}

/** For people: a line a key, with the spread of its repetitions and what was to be reached. */
export function tableOf(measured: ReadonlyMap<string, Measured>): string {
  const rows = [...measured].map(([key, { median, least, most, times }]) => {
    const target = targetOf(key, measured)
    const spread = times === 1 ? '' : `${shown(least)} … ${shown(most)}`
    const verdict = target === null ? '' : `${target.holds ? '✓' : '✗'} ${target.text}`
    return [key, shown(median), spread, times === 1 ? '' : `× ${times}`, verdict]
  })
  const table = [['', 'median', 'least … most', '', 'target'], ...rows]
  const width = (column: number) => Math.max(...table.map((row) => row[column]?.length ?? 0))
  const widths = [0, 1, 2, 3].map(width)
  return table
    .map(([key = '', value = '', spread = '', times = '', verdict = '']) =>
      [
        key.padEnd(widths[0] ?? 0),
        value.padStart(widths[1] ?? 0),
        spread.padStart(widths[2] ?? 0),
        times.padEnd(widths[3] ?? 0),
        verdict,
      ]
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** For programs: the medians of `keys`. What has parts is an object of them: `a.b` is `b` within `a`. */
export function jsonOf(measured: ReadonlyMap<string, Measured>, keys: readonly string[]): string {
  const numberOf = (key: string) => Number(measured.get(key)?.median.toPrecision(6))
  const partsOf = (key: string) =>
    [...measured.keys()]
      .filter((name) => name.startsWith(`${key}.`))
      .map((name) => [name.slice(key.length + 1), numberOf(name)])
  return JSON.stringify(
    Object.fromEntries(
      keys.map((key) => [
        key,
        measured.has(key) ? numberOf(key) : Object.fromEntries(partsOf(key)),
      ]),
    ),
  )
}
