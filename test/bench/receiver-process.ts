/** The receiver: counts, and says when and how late what came. Its path says how it answers. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { answerParent } from './child.ts'
import { nowUs } from './clock.ts'
import { sentUsOf } from './github.ts'
import { retryAfterMs, slowMs, type Tally } from './receiver.ts'

const fresh = (): Tally => ({ deliveries: 0, firstUs: 0, lastUs: 0, lateMs: [], lagMs: [] })
let tally = fresh()
let answered = new Set<string>()
let due = new Map<string, number>()

/** `/flaky` refuses a delivery's first attempt, and counts its second: how late is it? */
function isRefused(path: string, id: string): boolean {
  if (path !== '/flaky') return false
  const dueUs = due.get(id)
  if (dueUs === undefined) {
    due.set(id, nowUs() + retryAfterMs * 1000)
    return true
  }
  tally.lagMs.push((nowUs() - dueUs) / 1000)
  return false
}

function take(request: IncomingMessage, response: ServerResponse): void {
  const atUs = nowUs()
  const { url: path = '', headers } = request
  request.once('data', (chunk: Buffer) => {
    const sentUs = sentUsOf(chunk)
    if (sentUs !== null) tally.lateMs.push((atUs - sentUs) / 1000)
  })
  request.resume().once('end', () => {
    const id = String(headers['switchyard-delivery'])
    if (isRefused(path, id)) return void response.writeHead(503, { 'content-length': 0 }).end()
    const answer = () => {
      response.writeHead(200, { 'content-length': 0 }).end()
      if (id === 'undefined' || answered.has(id)) return
      answered.add(id)
      tally.deliveries += 1
      tally.lastUs = nowUs()
      tally.firstUs ||= atUs
    }
    if (path === '/slow') setTimeout(answer, slowMs)
    else answer()
  })
}

const server = createServer({ keepAliveTimeout: 60_000 }, take).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo // It listens on a port, not on a pipe.

answerParent({
  url: () => `http://127.0.0.1:${port}`,
  reset() {
    tally = fresh()
    answered = new Set()
    due = new Map()
  },
  tally: () => tally,
  async until({ deliveries, withinMs }: { deliveries: number; withinMs: number }) {
    const limitUs = nowUs() + withinMs * 1000
    while (tally.deliveries < deliveries) {
      if (nowUs() > limitUs)
        throw new Error(`${tally.deliveries} of ${deliveries} came in ${withinMs} ms`)
      await pause(5)
    }
    return tally
  },
})
