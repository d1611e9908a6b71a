import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived, its body whole. `headers` are in lower case; `at` is the time in ms. */
export interface Received {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
  at: number
}

export interface AnswerParts {
  /** 200 unless told. */
  status?: number
  headers?: Record<string, string>
  body?: string | Uint8Array
  delay_ms?: number
  /** Takes the request and never answers. */
  hang?: boolean
  /** Cuts the connection (RST) instead of answering. */
  reset?: boolean
  /** `endless`: bytes for ever. `trickle`: headers, one byte, and no end. */
  stream?: 'endless' | 'trickle'
}

export type AnswerSpec = number | AnswerParts | ((request: Received) => number | AnswerParts)

export interface Receiver {
  /** `http://127.0.0.1:<port>` */
  url: string
  received: Received[]
  /** The answers to the next requests, in this order; the last one repeats. */
  answers(...specs: AnswerSpec[]): void
  /** How many connections have been made to it. */
  connections(): number
  /** How many requests are in hand: taken, and neither answered to the end nor cut. */
  open(): number
  /** Resolves as soon as `holds` does; it is asked again at each arrival and each end of an answer. */
  until(holds: (received: Received[]) => boolean, timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // No encoding is set.
  return Buffer.concat(chunks)
}

function streamForever(response: ServerResponse) {
  const piece = Buffer.alloc(16_384, '.')
  const push = () => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', push)
  push()
}

function answer(response: ServerResponse, spec: AnswerParts) {
  if (spec.hang === true) return
  if (spec.reset === true) {
    response.socket?.resetAndDestroy()
    return
  }
  response.writeHead(spec.status ?? 200, spec.headers)
  if (spec.stream === 'endless') streamForever(response)
  else if (spec.stream === 'trickle') response.write('.')
  else response.end(spec.body)
}

const headersOf = (request: IncomingMessage) =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))

/** A real HTTP server on a free port of this machine that keeps what it gets and answers as it is told (200 at first). */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const queue: AnswerSpec[] = [200]
  const waiting = new Set<() => void>()
  let open = 0
  let connections = 0

  const wake = () => {
    for (const look of waiting) look()
  }
  const nextSpec = (): AnswerSpec => (queue.length > 1 ? queue.shift() : queue[0]) ?? 200

  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const at = Date.now()
    const { method = '', url: path = '' } = request
    const taken = { method, path, headers: headersOf(request), body: await bodyOf(request), at }
    const next = nextSpec()
    open += 1
    response.once('close', () => {
      open -= 1
      wake()
    })
    received.push(taken)
    wake()
    const told = typeof next === 'function' ? next(taken) : next
    const spec = typeof told === 'number' ? { status: told } : told
    if (spec.delay_ms === undefined) answer(response, spec)
    else setTimeout(() => answer(response, spec), spec.delay_ms)
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // It listens on a port, not on a pipe.

  return {
    url: `http://127.0.0.1:${port}`,
    received,
    answers: (...specs) => void queue.splice(0, queue.length, ...specs),
    connections: () => connections,
    open: () => open,
    until(holds, timeoutMs = 5000) {
      if (holds(received)) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          clearTimeout(timer)
          waiting.delete(look)
          end()
        }
        const look = () => {
          if (holds(received)) settle(resolve)
        }
        const tooLate = () =>
          reject(new Error(`not so after ${timeoutMs} ms; ${received.length} requests came`))
        const timer = setTimeout(() => settle(tooLate), timeoutMs)
        waiting.add(look)
      })
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
