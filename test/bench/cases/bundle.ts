import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Metafile, transform } from 'esbuild'
import { build } from '../../../src/local/build.ts'
import type { Case, Readings } from '../case.ts'
import { startChild } from '../child.ts'
import { nowUs } from '../clock.ts'
import { median } from '../statistics.ts'

/** A package, or a room of `src`. */
const partOf = (file: string): string =>
  /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/').slice(0, 2).join('/')

/** The whole, and what each part has of it by its share of the minified bytes; the least are left out. */
async function gzippedKb(): Promise<Readings> {
  const { dir } = await build()
  const built = readFileSync(join(dir, 'index.js'), 'utf8')
  const { code } = await transform(built, { minify: true, format: 'esm', target: 'es2024' })
  const bundle_gz_kb = gzipSync(code, { level: 9 }).byteLength / 1000
  const meta: Metafile = JSON.parse(readFileSync(join(dir, 'meta.json'), 'utf8'))
  const inputs = Object.values(meta.outputs).flatMap((output) => Object.entries(output.inputs))
  const whole = inputs.reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
  const parts: Record<string, number> = {}
  for (const [file, { bytesInOutput }] of inputs) {
    const key = `bundle.${partOf(file)}`
    parts[key] = (parts[key] ?? 0) + (bytesInOutput / whole) * bundle_gz_kb
  }
  const shown = Object.entries(parts).filter(([, kb]) => kb >= 1)
  return { bundle_gz_kb, ...Object.fromEntries(shown.sort(([, a], [, b]) => b - a)) }
}

/** A runtime that has not seen the bundle yet is asked to import it. */
async function startupMs(): Promise<number> {
  const child = await startChild('runtime-process.ts', 'startup-worker.ts')
  try {
    const { url } = await child.ask<{ url: string }>('at')
    const tookMs = async (path: string) => {
      const startedUs = nowUs()
      await fetch(url + path)
      return (nowUs() - startedUs) / 1000
    }
    const bare: number[] = []
    for (let time = 0; time < 20; time++) bare.push(await tookMs('/'))
    return (await tookMs('/import')) - median(bare)
  } finally {
    await child.stop()
  }
}

export const bundle: Case = {
  name: 'bundle',
  keys: ['bundle_gz_kb', 'startup_ms'],
  note: 'minified and gzipped at level 9, in units of 1,000 bytes, and its parts by their shares of the minified bytes; compiled and evaluated by a new workerd, timed from outside',
  when: 'once',
  async run(_, { woken }) {
    const startup: number[] = []
    for (let time = 0; time < woken; time++) startup.push(await startupMs())
    return { ...(await gzippedKb()), startup_ms: startup }
  },
}
