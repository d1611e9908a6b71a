import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

interface ApiAnswer {
  status: number
  /** The parsed body, or its text where it is not JSON. */
  json: Loose
  headers: Headers
}

interface ApiRequest {
  method?: string
  /** Sent as JSON, unless it is bytes already. */
  body?: unknown
  /** The instance key unless given; `null` sends none. */
  key?: string | null
  /** Act in this tenant with the instance key. */
  tenant?: string
  headers?: Record<string, string>
}

export interface RouterTenant {
  id: string
  key: string
  api(path: string, request?: ApiRequest): Promise<ApiAnswer>
  /** `api`, for what must succeed: the parsed body, or an error that shows the answer. */
  make(path: string, body: unknown): Promise<Loose>
}

export interface Router {
  url: string
  adminKey: string
  stateDir: string
  /** Of the program as it runs now. */
  pid(): number | undefined
  /** All it has said since it was first started. */
  log(): string
  api(path: string, request?: ApiRequest): Promise<ApiAnswer>
  tenant(options?: Record<string, unknown>): Promise<RouterTenant>
  /** SIGKILL for the whole process group: no step of a clean end is taken. */
  kill(): Promise<void>
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>
  /** Starts again, on the same state and port, whether it was killed, stopped or is running. */
  restart(): Promise<void>
  /** Ends it, and removes the state folder unless it was given. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const START = join(import.meta.dirname, '../../src/local/start.ts')
const READY = /^Switchyard ready on (http:\/\/\S+)$/m

/** Runs `npm start`'s own program on a free port, in its own process group, and waits until it is ready. */
export async function startRouter(
  options: { stateDir?: string; env?: Record<string, string> } = {},
): Promise<Router> {
  const stateDir = options.stateDir ?? mkdtempSync(join(tmpdir(), 'switchyard-'))
  let log = ''
  let port = '0'
  let child: ChildProcess | undefined

  const run = async () => {
    const own = { HOST: '127.0.0.1', PORT: port, STATE_DIR: stateDir }
    const unset = { ADMIN_KEY: '', MASTER_KEY: '', MAX_BODY_BYTES: '' }
    const allowed = { DESTINATION_ALLOWLIST: '127.0.0.0/8' }
    const started = spawn(process.execPath, [START], {
      detached: true,
      env: { ...process.env, ...unset, ...allowed, ...options.env, ...own },
    })
    child = started
    children.add(started)
    let said = ''
    let isReady = false
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const hear = (chunk: Buffer) => {
      log += chunk
      // What is said after it is never looked at again here: under load it is much.
      if (isReady) return
      said += chunk
      const origin = READY.exec(said)?.[1]
      if (origin === undefined) return
      isReady = true
      resolve(origin)
    }
    started.stdout.on('data', hear)
    started.stderr.on('data', hear)
    started.once('error', reject)
    started.once('exit', (code) => {
      children.delete(started)
      reject(new Error(`the router ended with code ${code}:\n${said}`))
    })
    const origin = await promise
    port = new URL(origin).port
    return origin
  }

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null
    const ended = new Promise<number | null>((resolve) => child?.once('close', resolve))
    if (signal === 'SIGKILL') killGroup(child)
    else child.kill(signal)
    return ended
  }

  const url = await run().catch(async (error: unknown) => {
    if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true })
    throw error
  })
  const adminKey =
    options.env?.ADMIN_KEY ?? readFileSync(join(stateDir, 'admin-key'), 'utf8').trim()

  const api = (path: string, request: ApiRequest = {}) =>
    ask(url, path, { key: adminKey, ...request })
  const router: Router = {
    url,
    adminKey,
    stateDir,
    pid: () => child?.pid,
    log: () => log,
    api,
    async tenant(options = {}) {
      const made = await api('/api/v1/tenants', {
        method: 'POST',
        body: { name: 'Acme', ...options },
      })
      if (made.status !== 201) throw unexpected('POST /api/v1/tenants', made)
      const { id, api_key } = made.json
      const own = (path: string, request: ApiRequest = {}) =>
        ask(url, path, { key: api_key.key, ...request })
      return {
        id,
        key: api_key.key,
        api: own,
        async make(path, body) {
          const answer = await own(path, { method: 'POST', body })
          if (answer.status < 200 || answer.status > 299) throw unexpected(`POST ${path}`, answer)
          return answer.json
        },
      }
    },
    async kill() {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
    async restart() {
      await end('SIGTERM')
      await run()
    },
    async close() {
      await end('SIGTERM')
      if (options.stateDir === undefined) rmSync(stateDir, { recursive: true, force: true })
    },
    [Symbol.asyncDispose]: () => router.close(),
  }
  return router
}

async function ask(url: string, path: string, request: ApiRequest): Promise<ApiAnswer> {
  const { body, key, tenant } = request
  const raw = body instanceof Uint8Array || typeof body === 'string'
  const headers = new Headers({
    ...(body === undefined || raw ? {} : { 'content-type': 'application/json' }),
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...(tenant === undefined ? {} : { 'switchyard-tenant': tenant }),
    ...request.headers,
  })
  const answer = await fetch(url + path, {
    method: request.method ?? 'GET',
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, json: parsed(text), headers: answer.headers }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const unexpected = (what: string, { status, json }: ApiAnswer) =>
  new Error(`${what} answered ${status}: ${JSON.stringify(json)}`)

const children = new Set<ChildProcess>()

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself just now.
  }
}

// A test run that is interrupted must leave nothing running.
process.once('exit', () => {
  for (const child of children) killGroup(child)
})
