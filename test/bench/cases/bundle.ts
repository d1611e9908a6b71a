import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { build } from '../../../src/local/build.ts'
import type { Case } from '../case.ts'
import { startChild } from '../child.ts'
import { nowUs } from '../clock.ts'
import { median } from '../statistics.ts'

async function gzippedKb(): Promise<number> {
  const { dir } = await build()
  const built = readFileSync(join(dir, 'index.js'), 'utf8')
  const { code } = await transform(built, { minify: true, format: 'esm', target: 'es2024' })
  return gzipSync(code, { level: 9 }).byteLength / 1000
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
  note: 'minified and gzipped at level 9, in units of 1,000 bytes; compiled and evaluated by a new workerd, timed from outside',
  when: 'once',
  async run(_, { woken }) {
    const startup: number[] = []
    for (let time = 0; time < woken; time++) startup.push(await startupMs())
    return { bundle_gz_kb: await gzippedKb(), startup_ms: startup }
  },
}
