import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { build } from '../../src/local/build.ts'
import { runWorker } from '../../src/local/run-worker.ts'
import { answerParent } from './child.ts'
const patches: Record<string, [string, string, string][]> = JSON.parse(
  readFileSync('/tmp/prof/patches.json', 'utf8'),
)
const names = (process.argv[2] ?? '').split('+')
const dir = mkdtempSync(join(tmpdir(), 'swab-'))
const prod = await build()
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
const adminKey = 'k'.repeat(40)
const { ready, stop } = runWorker(
  { ...prod, dir },
  {
    host: '127.0.0.1',
    port: 0,
    stateDir: dir,
    vars: {
      ADMIN_KEY: adminKey,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      DESTINATION_ALLOWLIST: '127.0.0.0/8',
      BOOT_ID: 'x',
    },
  },
)
const port = await ready
const cpuMs = () => {
  for (const pid of readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
    .trim()
    .split(' ')) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    if (!stat.includes('(workerd)')) continue
    // schedstat is in ns
    let ns = 0
    for (const t of readdirSync(`/proc/${pid}/task`))
      ns += Number(readFileSync(`/proc/${pid}/task/${t}/schedstat`, 'utf8').split(' ')[0])
    return ns / 1e6
  }
  return 0
}
answerParent({ at: () => ({ url: `http://127.0.0.1:${port}`, adminKey }), cpuMs }, stop)
