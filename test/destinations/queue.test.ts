import { expect, it } from 'vitest'
import type { Message, QueueBinding } from '../../src/destinations/destination.ts'
import type { AttemptReport } from '../../src/model/outcome.ts'
import { addresseeOf, bound, messageAbout, messageOf, worldOf } from './fixtures.ts'

type Sent = Parameters<QueueBinding['send']>

/** A queue of the account's, which takes what it gets or answers as it is told. */
function queueOf(answer: () => Promise<unknown> = () => Promise.resolve()) {
  const sent: Sent[] = []
  const send: QueueBinding['send'] = (...given) => {
    sent.push(given)
    return answer()
  }
  return { sent, binding: { send } }
}

const deliver = (
  { binding }: { binding: QueueBinding },
  message: Message,
  config: object = {},
  timeoutMs = 1000,
): Promise<AttemptReport> =>
  bound('queue', { binding: 'EVENTS', ...config }).send(
    message,
    addresseeOf({ timeoutMs }),
    worldOf({ queue: (name) => (name === 'EVENTS' ? binding : null) }),
  )

it('sends the event as one JSON value', async () => {
  const queue = queueOf()
  const message = messageAbout('video.generated', { video: { id: 'v1' } })
  const report = await deliver(queue, message)
  expect(report).toMatchObject({ outcome: { kind: 'delivered' }, status: null })
  const { id, type, time } = message.event
  expect(queue.sent).toEqual([
    [
      {
        id,
        type,
        source: null,
        subject: null,
        time,
        delivery_id: message.deliveryId,
        datacontenttype: 'application/json',
        data: { video: { id: 'v1' } },
      },
      { contentType: 'json' },
    ],
  ])
})

it('sends what is not JSON in base64', async () => {
  const queue = queueOf()
  await deliver(queue, messageOf({ body: Uint8Array.of(0xff, 0), contentType: 'image/png' }))
  expect(queue.sent[0]?.[0]).toMatchObject({ datacontenttype: 'image/png', data_base64: '/wA=' })
  expect(queue.sent[0]?.[0]).not.toHaveProperty('data')
})

it('sends the very bytes where it is told so', async () => {
  const queue = queueOf()
  await deliver(queue, messageOf({ mapped: { data: 1 } }), { format: 'bytes' })
  expect(queue.sent).toEqual([[messageOf().body, { contentType: 'bytes' }]])
})

it.each([
  ['data', { data: [1] }, { data: [1], type: 'video.generated' }],
  ['message', { message: { only: 'this' } }, { only: 'this' }],
])('has its %s replaced by the mapping', async (_, mapped, expected) => {
  const queue = queueOf()
  await deliver(queue, messageOf({ mapped }))
  expect(queue.sent[0]?.[0]).toMatchObject(expected)
})

it.each(['json', 'bytes'])(
  'refuses as %s what no queue takes, and sends nothing',
  async (format) => {
    const queue = queueOf()
    const report = await deliver(queue, messageAbout('a', 'x'.repeat(128_000)), { format })
    expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
    expect(report.error).toMatch(/^mapping\.message: The message has 128\d{3} bytes; .*128 kB/)
    expect(queue.sent).toEqual([])
  },
)

it('counts bytes, not characters', async () => {
  const queue = queueOf()
  expect((await deliver(queue, messageAbout('a', 'ä'.repeat(63_000)))).outcome.kind).toBe(
    'delivered',
  )
  expect((await deliver(queue, messageAbout('a', 'ä'.repeat(64_000)))).outcome.kind).toBe('refused')
})

it('says which binding is missing', async () => {
  const report = await deliver(queueOf(), messageOf(), { binding: 'OTHER' })
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'credentials' })
  expect(report.error).toContain('bound as "OTHER"')
})

it.each([
  ['Queue send failed: queue not found (10104)', { kind: 'refused', cause: 'gone', disable: true }],
  ['unauthorized (10106)', { kind: 'refused', cause: 'credentials' }],
  ['message length of 131072 bytes exceeds limit (10204)', { kind: 'refused', cause: 'status' }],
  ['Queue is overloaded. Please back off. (10250)', { kind: 'failed', cause: 'rate_limited' }],
  ['Queue storage limit exceeded (10251)', { kind: 'failed', cause: 'rate_limited' }],
  ['Queue disabled (10252)', { kind: 'failed', cause: 'status' }],
  ['Free tier limit exceeded (10253)', { kind: 'failed', cause: 'rate_limited' }],
  ['Internal error (15000)', { kind: 'failed', cause: 'status' }],
  ['Network connection lost.', { kind: 'failed', cause: 'status' }],
])('takes %j for what it is', async (said, outcome) => {
  const report = await deliver(
    queueOf(() => Promise.reject(new Error(said))),
    messageOf(),
  )
  expect(report).toMatchObject({ outcome, error: `The queue did not take it: ${said}` })
})

it('keeps to its time-out', async () => {
  const startedAt = performance.now()
  const never = queueOf(() => new Promise(() => {}))
  const report = await deliver(never, messageOf(), {}, 100)
  expect(report.outcome).toEqual({ kind: 'failed', cause: 'timeout' })
  expect(performance.now() - startedAt).toBeLessThan(900)
})

it('never throws, whatever the binding does', async () => {
  const broken = queueOf(() => {
    throw 'a text' // eslint-disable-line
  })
  expect((await deliver(broken, messageOf())).outcome).toEqual({ kind: 'failed', cause: 'status' })
})

it('sends null for data where the mapping says so', async () => {
  const queue = queueOf()
  await deliver(queue, messageOf({ mapped: { data: null } }))
  expect(queue.sent[0]?.[0]).toHaveProperty('data', null)
})

it('refuses for good what is nested too deeply to be written', async () => {
  const body = new TextEncoder().encode(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const report = await deliver(queueOf(), messageOf({ body }))
  expect(report.outcome).toEqual({ kind: 'refused', cause: 'mapping_invalid' })
})
