/**
 * Bundles the production Worker into the folder named on the command line, with what Miniflare must be told of it.
 * A program of its own, because wrangler takes longer to load than the rest of a start: it runs only when
 * something changed (build.ts), and beside the loading of Miniflare.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Bundle } from './build.ts'

const outdir = process.argv[2]
if (outdir === undefined) throw new Error('usage: bundle.ts <folder>')
const root = process.cwd()
mkdirSync(outdir, { recursive: true })

// The options of `wrangler deploy` (`minify` stands in wrangler.toml), so that what runs here is what is deployed.
const bundled = build({
  entryPoints: [join(root, 'src/index.ts')],
  outfile: join(outdir, 'index.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2024',
  supported: { using: true },
  platform: 'browser',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.html': 'text', '.txt': 'text', '.sql': 'text', '.bin': 'binary' },
  sourcemap: true,
  metafile: true,
}).catch(() => process.exit(1)) // The bundler has said why.

const wrangler = await import('wrangler')
const configPath = join(root, 'wrangler.toml')
const config = wrangler.unstable_readConfig({ config: configPath }, { hideWarnings: true })
const worker = wrangler.unstable_getMiniflareWorkerOptions(configPath).workerOptions
const [database] = config.d1_databases
const migrationsDir = join(dirname(configPath), database?.migrations_dir ?? 'migrations')
const bundle: Bundle = {
  // Only `[vars]`: the bindings that wrangler answers hold what lies in .dev.vars and the environment too.
  // The rules are for sources that are not bundled, which Miniflare would go and look for.
  worker: { ...worker, bindings: config.vars, modulesRules: undefined },
  migrations: readdirSync(migrationsDir)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({
      name,
      queries: wrangler.unstable_splitSqlQuery(readFileSync(join(migrationsDir, name), 'utf8')),
    })),
}
const { metafile } = await bundled
// What the bundle is made of: https://esbuild.github.io/api/#metafile
writeFileSync(join(outdir, 'meta.json'), JSON.stringify(metafile))
writeFileSync(join(outdir, 'bundle.json'), JSON.stringify(bundle))
