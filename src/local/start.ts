import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { build } from './build.ts'
import { Ending } from './ending.ts'
import { originOf, readSettings, type Settings } from './settings.ts'
import { isCode, keptKey, lockState } from './state.ts'

/** `npm start`: the production Worker on this machine. Its last line says where it listens. */
async function start(settings: Settings): Promise<void> {
  const { host, stateDir } = settings
  const ending = new Ending()
  makeFolder(stateDir)
  const lock = lockState(stateDir)
  if (!lock.ok)
    refuse(
      `${stateDir} is in use by another Switchyard (process ${lock.pid}).`,
      'Stop that one, or choose another folder: STATE_DIR=./other npm start',
    )
  await refuseTakenPort(settings)

  const building = setTimeout(() => console.log('building…'), 1000)
  const [bundle, { runWorker }] = await Promise.all([
    build().catch((error: unknown) => refuse('The Worker does not build.', said(error))),
    import('./run-worker.ts'),
  ])
  clearTimeout(building)

  const admin = keyOf(settings.adminKey, stateDir, 'admin-key')
  const master = keyOf(settings.masterKey, stateDir, 'master-key')
  const running = runWorker(bundle, {
    ...settings,
    vars: {
      ...settings.vars,
      ADMIN_KEY: admin.key,
      MASTER_KEY: master.key,
      BOOT_ID: randomUUID(),
    },
  })
  ending.by(running.stop)
  const port = await running.ready.catch((error: unknown) => {
    if (ending.asked) return null
    return refuse(`Switchyard could not start on ${originOf(host, settings.port)}.`, said(error))
  })
  if (port === null) return
  if (admin.made)
    console.log(`A new admin key was made; it is kept in ${join(stateDir, 'admin-key')}`)
  console.log(`Switchyard ready on ${originOf(host, port)}`)
}

const keyOf = (given: string | undefined, stateDir: string, name: string) =>
  given === undefined ? keptKey(stateDir, name) : { key: given, made: false }

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    refuse(`The state folder ${path} cannot be made: ${said(error)}`, 'Set STATE_DIR to another.')
  }
}

/** Asked before the seconds of a start are spent, and in words that say what to do. */
async function refuseTakenPort({ host, port }: Settings): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const probe = createServer().once('error', reject)
  probe.listen(port, host, () => probe.close(() => resolve()))
  await promise.catch((error: unknown) => {
    if (isCode(error, 'EADDRINUSE'))
      refuse(`Port ${port} is taken. Choose another: PORT=${(port % 65_535) + 1} npm start`)
    refuse(`Switchyard cannot listen on ${originOf(host, port)}: ${said(error)}`)
  })
}

function refuse(...lines: string[]): never {
  console.error(lines.join('\n'))
  process.exit(1)
}

function said(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string') {
    if (error.stderr !== '') return error.stderr
  }
  return error instanceof Error ? error.message : String(error)
}

const settings = readSettings(process.env)
if (settings.ok) await start(settings.value)
else refuse(settings.error)
