/** Runs a Worker of this folder, which may import the production bundle, on the runtime that the router runs on. */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { build } from '../../src/local/build.ts'
import { runWorker } from '../../src/local/run-worker.ts'
import { bindWorkerdToThisProcess } from '../../src/local/workerd.ts'
import { answerParent } from './child.ts'
import { runtimeCpuMs } from './processor-time.ts'

const [program = '', kind] = process.argv.slice(2)
const stateDir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
process.once('exit', () => rmSync(stateDir, { recursive: true, force: true }))

const production = await build()
copyFileSync(join(production.dir, 'index.js'), join(stateDir, 'production.js'))
const isWhole = kind === 'whole'
await bundle({
  entryPoints: [join(import.meta.dirname, program)],
  outfile: join(stateDir, 'index.js'),
  bundle: true,
  format: 'esm',
  target: 'es2024',
  external: ['cloudflare:*', 'node:*'],
  plugins: [
    {
      // What was built for production is what is measured: wrapped, or beside as a module of its own.
      name: 'production',
      setup: (build) =>
        build.onResolve({ filter: /src\/index\.ts$/ }, () =>
          isWhole
            ? { path: join(stateDir, 'production.js') }
            : { path: './production.js', external: true },
        ),
    },
  ],
})

const adminKey = randomBytes(32).toString('base64')

function runBare() {
  bindWorkerdToThisProcess()
  const { compatibilityDate, compatibilityFlags } = production.worker
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      log: new Log(LogLevel.WARN),
      workers: [
        {
          name: 'bench',
          ...(kind === 'direct' ? { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] } : {}),
          ...(compatibilityDate === undefined ? {} : { compatibilityDate }),
          ...(compatibilityFlags === undefined ? {} : { compatibilityFlags }),
          modulesRoot: stateDir,
          modules: ['index.js', 'production.js'].map((file) => ({
            type: 'ESModule' as const,
            path: join(stateDir, file),
          })),
        },
      ],
    }),
  )
  const ready = async () => {
    const url = await miniflare.ready
    const direct = kind === 'direct' ? await miniflare.unsafeGetDirectURL('bench') : url
    return Number(direct.port)
  }
  return { ready: ready(), front: () => miniflare.ready, stop: () => miniflare.dispose() }
}

const { ready, front, stop } = isWhole
  ? runWorker(
      { ...production, dir: stateDir },
      {
        host: '127.0.0.1',
        port: 0,
        stateDir,
        vars: {
          ADMIN_KEY: adminKey,
          MASTER_KEY: randomBytes(32).toString('base64'),
          DESTINATION_ALLOWLIST: '127.0.0.0/8',
          BOOT_ID: 'bench',
        },
      },
    )
  : runBare()
const port = await ready

const at = { url: `http://127.0.0.1:${port}`, front: (await front()).origin, adminKey }
answerParent({ at: () => at, cpuMs: () => runtimeCpuMs(process.pid) }, stop)
