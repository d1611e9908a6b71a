import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import type { Bundle } from './build.ts'
import { migrate } from './migrations.ts'
import { wayOut } from './way-out.ts'
import { bindWorkerdToThisProcess } from './workerd.ts'

export interface RunOptions {
  host: string
  port: number
  stateDir: string
  vars: Record<string, string>
}

/**
 * Runs the bundle in workerd, with everything it stores under `stateDir`. `ready` is the port, once the database
 * is up to date. The port itself opens a moment earlier: only `ready` counts. `front` is Miniflare's own, on
 * loopback: for comparisons.
 */
export function runWorker(
  { dir, worker, migrations }: Bundle & { dir: string },
  { host, port, stateDir, vars }: RunOptions,
): { ready: Promise<number>; front: () => Promise<URL>; stop: () => Promise<void> } {
  bindWorkerdToThisProcess()
  useTemporaryFolder(join(stateDir, 'tmp'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      log: new Log(LogLevel.WARN),
      resourcePersistencePath: join(stateDir, 'data'),
      workers: [
        {
          ...worker,
          name: 'switchyard',
          bindings: { ...worker.bindings, ...vars },
          modules: true,
          modulesRoot: dir,
          scriptPath: join(dir, 'index.js'),
          serviceBindings: {
            OUTBOUND: wayOut(vars.DESTINATION_ALLOWLIST ?? ''),
            ...worker.serviceBindings,
          },
          // Not through Miniflare's own front, which is for developing: it answers more than the Worker does, believes
          // headers that anybody can send, changes some, and takes longer than all of ours. And only to the door: such a
          // socket takes RPC too.
          unsafeDirectSockets: [{ host, port, entrypoint: 'door' }],
        },
      ],
    }),
  )
  const ready = async () => {
    await miniflare.ready
    await migrate(await miniflare.getD1Database('DB'), migrations)
    const url = await miniflare.unsafeGetDirectURL('switchyard', 'door')
    return Number(url.port)
  }
  return { ready: ready(), front: () => miniflare.ready, stop: () => miniflare.dispose() }
}

/** Miniflare leaves a temporary folder behind whenever it is killed; kept here, the next start clears it away. */
function useTemporaryFolder(path: string): void {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path)
  process.env.TMPDIR = path
}
