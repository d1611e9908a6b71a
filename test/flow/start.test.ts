import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Router, startRouter } from '../support/router.ts'

let router: Router
const folder = mkdtempSync(join(tmpdir(), 'switchyard-start-'))
const START = join(import.meta.dirname, '../../src/local/start.ts')

beforeAll(async () => {
  router = await startRouter()
})
afterAll(async () => {
  await router.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A start that is expected to refuse. */
function start(env: Record<string, string>) {
  const { status, stderr } = spawnSync(process.execPath, [START], {
    env: { ...process.env, PORT: '0', STATE_DIR: join(folder, 'other'), ...env },
    encoding: 'utf8',
    timeout: 10_000,
  })
  return { status, stderr }
}

it.each([
  ['a port that is none', { PORT: 'abc' }, "PORT is 'abc', but must be a number from 0 to 65535."],
  ['a size that is none', { MAX_BODY_BYTES: '1k' }, "MAX_BODY_BYTES is '1k', but must be"],
  [
    'an allowlist with an entry that means nothing',
    { DESTINATION_ALLOWLIST: '10.0.0.0/8, 10.0.0.0/33' },
    "DESTINATION_ALLOWLIST holds '10.0.0.0/33', which is no address, range or host name.",
  ],
  ['a state folder that is a file', { STATE_DIR: START }, 'Set STATE_DIR to another.'],
  [
    'a host that is not here',
    { HOST: '192.0.2.1' },
    'Switchyard cannot listen on http://192.0.2.1',
  ],
])('refuses %s in words, without a stack', (_case, env, words) => {
  const { status, stderr } = start(env)
  expect(stderr).toContain(words)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(status).toBe(1)
})

it('says what to do when the port is taken', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => holder.once('listening', resolve))
  const { port } = holder.address() as AddressInfo
  expect(start({ PORT: String(port) })).toEqual({
    status: 1,
    stderr: `Port ${port} is taken. Choose another: PORT=${port + 1} npm start\n`,
  })
  holder.close()
})

it('leaves a state folder alone that another process works in', () => {
  const { status, stderr } = start({ STATE_DIR: router.stateDir })
  expect(stderr).toMatch(/is in use by another Switchyard \(process \d+\)/)
  expect(status).toBe(1)
})

it('says once where the keys are, and keeps them for their owner only', () => {
  expect(router.log()).toContain(`it is kept in ${join(router.stateDir, 'admin-key')}`)
  for (const name of ['admin-key', 'master-key']) {
    const path = join(router.stateDir, name)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(path, 'utf8'), 'base64')).toHaveLength(32)
    expect(router.log()).not.toContain(readFileSync(path, 'utf8').trim())
  }
})

it('ends cleanly on SIGTERM and goes on where it was', async () => {
  const tenant = await router.tenant()
  expect(await router.stop()).toBe(0)
  await router.restart()
  expect((await tenant.api('/api/v1/events')).status).toBe(200)
  expect((await router.api('/health')).json).toMatchObject({ status: 'ok' })
})

it('takes over the lock of a process that is gone, even if its number is in use again', async () => {
  await router.kill()
  writeFileSync(join(router.stateDir, 'lock'), `${process.ppid} 1\n`)
  await router.restart()
  expect((await router.api('/health')).status).toBe(200)
})

it('leaves nothing on the port when its process alone is killed', async () => {
  const [pid] = readFileSync(join(router.stateDir, 'lock'), 'utf8').split(' ')
  process.kill(Number(pid), 'SIGKILL')
  await vi.waitUntil(
    () =>
      fetch(router.url).then(
        () => false,
        () => true,
      ),
    { timeout: 5000 },
  )
  await router.restart()
  expect((await router.api('/health')).status).toBe(200)
})

it('ends with 0 when it is told to while it starts', async () => {
  const child: ChildProcess = spawn(process.execPath, [START], {
    env: { ...process.env, PORT: '0', STATE_DIR: join(folder, 'early') },
  })
  const lock = () => statSync(join(folder, 'early/lock'), { throwIfNoEntry: false })
  await vi.waitUntil(lock, { timeout: 5000 })
  child.kill('SIGTERM')
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect(code).toBe(0)
  expect(lock()).toBeUndefined()
})

it('ends cleanly when npm is told to end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-npm-'))
  const env = { ...process.env, PORT: '0', STATE_DIR: join(folder, 'state') }
  const npm = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  npm.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await vi.waitUntil(() => /ready on (\S+)/.exec(said), { timeout: 20_000 })
  npm.kill('SIGTERM')
  const lock = () => statSync(join(folder, 'state/lock'), { throwIfNoEntry: false })
  await vi.waitUntil(() => lock() === undefined, { timeout: 10_000 })
  rmSync(folder, { recursive: true, force: true })
})
