import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { V4WorkerOptionsShape } from 'miniflare'

/** What wrangler.toml and migrations/ say, made ready for Miniflare. */
export interface Bundle {
  worker: V4WorkerOptionsShape
  migrations: { name: string; queries: string[] }[]
}

const ROOT = join(import.meta.dirname, '../..')
const MADE_OF = ['src/**/*', 'migrations/**/*', 'wrangler.toml', 'package-lock.json']

/**
 * Bundles the production Worker, unless nothing it is made of has changed since the last time, and answers the
 * folder that holds `index.js`. Rejects with the bundler's own message where the source does not build.
 */
export async function build(): Promise<Bundle & { dir: string }> {
  const cache = join(ROOT, 'node_modules/.cache/switchyard')
  const dir = join(cache, hashOf(ROOT))
  if (!existsSync(dir)) {
    dropOlder(cache, Date.now() - 3_600_000)
    await bundleInto(dir)
  }
  const bundle: Bundle = JSON.parse(readFileSync(join(dir, 'bundle.json'), 'utf8'))
  return { ...bundle, dir }
}

/** Two starts may build at once: each writes its own folder, and the first to be ready is kept. */
async function bundleInto(dir: string): Promise<void> {
  const draft = `${dir}.${process.pid}`
  const program = fileURLToPath(new URL('./bundle.ts', import.meta.url).href)
  const env = { ...process.env, WRANGLER_LOG: 'none' }
  try {
    await promisify(execFile)(process.execPath, [program, draft], { cwd: ROOT, env })
    renameSync(draft, dir)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(dir)) throw error
  }
}

/** Older bundles, but none that a start of this moment may be about to load. */
function dropOlder(cache: string, than: number): void {
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    const dir = join(cache, name)
    if (statSync(dir).mtimeMs < than) rmSync(dir, { recursive: true, force: true })
  }
}

function hashOf(root: string): string {
  const hash = createHash('sha256').update(process.version)
  for (const file of globSync(MADE_OF, { cwd: root }).sort()) {
    const path = join(root, file)
    if (statSync(path).isFile()) hash.update(`\0${file}\0`).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, 20)
}
