import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../src/destinations/destination.ts'
import type { AttemptReport } from '../../src/model/outcome.ts'
import { startReceiver } from '../support/receiver.ts'
import type { AnswerSpec, Receiver } from '../support/receiver.ts'
import { addresseeOf, bound, messageOf, worldOf } from './fixtures.ts'

export interface Sample {
  /** The registry's name. */
  type: string
  /** A config that sends to `url`, with something at every one of the type's secret paths. */
  config: (url: string) => Record<string, unknown>
  /** Every secret in `config`. */
  secrets: readonly string[]
  /** What this receiver answers when all is well; 200 where nothing is told. */
  success?: AnswerSpec
  /** What is sent, where the usual message has not all that this receiver needs. */
  message?: Partial<Message>
  /** How many requests one delivery takes where all is well: 1, unless told. */
  requests?: number
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // It listens on a port, not on a pipe.
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What every type that sends over HTTP promises, against a real server. */
export function itIsADestination({
  type,
  config,
  secrets,
  success = 200,
  message = {},
  requests = 1,
}: Sample): void {
  describe(`${type} is a destination`, () => {
    let receiver: Receiver
    beforeEach(async () => {
      receiver = await startReceiver()
    })
    afterEach(() => receiver.close())

    const send = (timeoutMs = 5000, url = receiver.url): Promise<AttemptReport> =>
      bound(type, config(url)).send(messageOf(message), addresseeOf({ timeoutMs }), worldOf())

    it('delivers with as many requests as it needs where all is well', async () => {
      receiver.answers(success)
      const report = await send()
      expect(report.outcome).toEqual({ kind: 'delivered' })
      expect(report.duration_ms).toBeLessThan(5000)
      expect(report.error).toBeUndefined()
      expect(receiver.received).toHaveLength(requests)
    })

    it.each([301, 302, 303, 304, 307, 308])(
      'takes %i for a failure and does not follow it',
      async (status) => {
        receiver.answers({ status, headers: { location: `${receiver.url}/elsewhere` } }, 200)
        const report = await send()
        expect(report).toMatchObject({ outcome: { kind: 'failed', cause: 'status' }, status })
        expect(report.error).toContain('redirect')
        expect(receiver.received).toHaveLength(1)
      },
    )

    it.each([500, 502, 503, 504, 599])('will try again after %i', async (status) => {
      receiver.answers({ status, body: 'a bad day' })
      expect(await send()).toMatchObject({
        outcome: { kind: 'failed' },
        status,
        response_body: 'a bad day',
      })
    })

    it.each([
      ['headers that never come', { hang: true }, null],
      ['a body that never ends, after a failure', { status: 500, stream: 'trickle' as const }, 500],
    ])('gives up at its time-out on %s', async (_, spec, status) => {
      receiver.answers(spec)
      const startedAt = performance.now()
      const report = await send(300)
      const took = performance.now() - startedAt
      expect(report.outcome).toMatchObject({
        kind: 'failed',
        cause: status === null ? 'timeout' : 'status',
      })
      expect(report.status).toBe(status)
      expect(took).toBeGreaterThan(280)
      expect(took).toBeLessThan(1500)
      await receiver.until(() => receiver.open() === 0)
    })

    it('says that a connection was reset', async () => {
      receiver.answers({ reset: true })
      const report = await send()
      expect(report.outcome).toEqual({ kind: 'failed', cause: 'connection' })
      expect(report.status).toBeNull()
      expect(report.error).toBe('The connection was cut before an answer came.')
    })

    it('says that a connection was refused', async () => {
      const report = await send(5000, `http://127.0.0.1:${await closedPort()}`)
      expect(report.outcome).toEqual({ kind: 'failed', cause: 'connection' })
      expect(report.error).toBe('The receiver refused the connection.')
    })

    it('keeps 16 KiB of an answer that never ends, and hangs up', async () => {
      receiver.answers({ status: 500, stream: 'endless' })
      const startedAt = performance.now()
      const report = await send(10_000)
      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect(report).toMatchObject({ status: 500, response_truncated: true })
      expect(report.response_body).toHaveLength(16_384)
      await receiver.until(() => receiver.open() === 0)
    })

    it('keeps to its time-out, and hangs up, though the network does not know of it', async () => {
      let hungUp = false
      const body = new ReadableStream({ cancel: () => void (hungUp = true) })
      const report = await bound(type, config(receiver.url)).send(
        messageOf(message),
        addresseeOf({ timeoutMs: 100 }),
        worldOf({
          fetch: (target, init) =>
            new Request(target).url.startsWith(receiver.url)
              ? Promise.resolve(new Response(body, { status: 500 }))
              : fetch(target, init),
        }),
      )
      expect(report).toMatchObject({ status: 500, response_truncated: true })
      expect(hungUp).toBe(true)
    })

    it('sends nothing to an address that is not public', async () => {
      const report = await bound(type, config(receiver.url)).send(
        messageOf(message),
        addresseeOf(),
        worldOf({ allowlist: [] }),
      )
      expect(report.outcome).toEqual({ kind: 'refused', cause: 'blocked_address' })
      expect(report.error).toBeTruthy()
      expect(receiver.received).toEqual([])
    })

    it('names its addresses, so that they are checked when it is saved', () => {
      expect(bound(type, config(receiver.url)).blocked([]).length).toBeGreaterThan(0)
      expect(bound(type, config(receiver.url)).blocked(['127.0.0.0/8'])).toEqual([])
    })

    it('shows no secret, also where the receiver echoes the request', async () => {
      receiver.answers(({ headers, body }) => ({
        status: 500,
        body: JSON.stringify({ headers, body: body.toString() }) + secrets.join('\n'),
      }))
      const report = JSON.stringify(await send())
      const sent = JSON.stringify(receiver.received[0]?.headers)
      for (const secret of secrets) expect(report).not.toContain(secret)
      expect(report).toContain('••••')
      expect(sent).not.toContain('••••')
    })

    it('never throws, whatever the network does', async () => {
      const fetchers = [
        () => {
          throw new Error('at once: internal detail')
        },
        () => Promise.reject(new TypeError('internal detail')),
      ]
      for (const broken of fetchers) {
        const report = await bound(type, config(receiver.url)).send(
          messageOf(message),
          addresseeOf(),
          worldOf({ fetch: broken }),
        )
        expect(report.outcome.kind).toBe('failed')
        expect(JSON.stringify(report)).not.toContain('internal detail')
      }
    })
  })
}
