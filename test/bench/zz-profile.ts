import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { build } from '../../src/local/build.ts'
import { migrate } from '../../src/local/migrations.ts'
import { bindWorkerdToThisProcess } from '../../src/local/workerd.ts'
import { answerParent } from './child.ts'
const prod0 = await build()
const patches: Record<string, [string, string, string][]> = JSON.parse(
  readFileSync('/tmp/prof/patches.json', 'utf8'),
)
const names = 'nolog'.split('+')
const b = prod0
const dir = mkdtempSync(join(tmpdir(), 'swab-'))
const root = join(import.meta.dirname, '../..')
const all = names.flatMap((n) => patches[n] ?? [])
const used = new Set<string>()
await bundle({
  entryPoints: [join(root, 'src/index.ts')],
  outfile: join(dir, 'index.js'),
  bundle: true,
  format: 'esm',
  target: 'es2024',
  supported: { using: true },
  platform: 'browser',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.html': 'text', '.txt': 'text', '.sql': 'text', '.bin': 'binary' },
  plugins: [
    {
      name: 'p',
      setup(b) {
        b.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
          let s = readFileSync(path, 'utf8')
          for (const [file, from, to] of all)
            if (path.endsWith(file)) {
              if (!s.includes(from)) throw new Error('no ' + from)
              s = s.replace(from, to)
              used.add(file)
            }
          return { contents: s, loader: 'ts' }
        })
      },
    },
  ],
})
bindWorkerdToThisProcess()
const stateDir = mkdtempSync(join(tmpdir(), 'swprof-'))
const inspectorPort = Number(process.argv[2] ?? 9339)
const mf = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    logRequests: false,
    log: new Log(LogLevel.WARN),
    inspectorPort,
    resourcePersistencePath: join(stateDir, 'data'),
    workers: [
      {
        ...b.worker,
        name: 'switchyard',
        bindings: {
          ...b.worker.bindings,
          ADMIN_KEY: 'k'.repeat(40),
          MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
          DESTINATION_ALLOWLIST: '127.0.0.0/8',
          BOOT_ID: 'x',
        },
        modules: true,
        modulesRoot: dir,
        scriptPath: join(dir, 'index.js'),
      },
    ],
  }),
)
const url = (await mf.ready).href.replace(/\/$/, '')
await migrate(await mf.getD1Database('DB'), b.migrations)
let ws: any,
  id = 0
const wait = new Map<number, (m: any) => void>()
const cmd = (method: string, params = {}) =>
  new Promise<any>((r) => {
    const i = ++id
    wait.set(i, r)
    ws.send(JSON.stringify({ id: i, method, params }))
  })
answerParent(
  {
    at: () => ({ url, adminKey: 'k'.repeat(40) }),
    async start() {
      const list: any = await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json()
      console.error(list.map((t: any) => t.id + ' ' + t.webSocketDebuggerUrl))
      const t = list.find((t: any) => /switchyard/.test(t.id)) ?? list[0]
      ws = new WebSocket(t.webSocketDebuggerUrl)
      await new Promise((r, j) => {
        ws.onopen = r
        ws.onerror = j
      })
      ws.onmessage = (m: any) => {
        const d = JSON.parse(m.data)
        if (d.id) wait.get(d.id)?.(d)
      }
      await cmd('Profiler.enable')
      await cmd('Profiler.setSamplingInterval', { interval: 200 })
      await cmd('Profiler.start')
    },
    async stop(path: string) {
      const { result } = await cmd('Profiler.stop')
      writeFileSync(path, JSON.stringify(result.profile))
      ws.close()
    },
  },
  () => mf.dispose(),
)
