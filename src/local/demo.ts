/** `npm run demo`: the main job in a terminal, on this machine alone. Ends by itself; not 0 if a promise broke. */
import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { type Receiver, startReceiver } from '../../test/support/receiver.ts'
import { type RouterTenant, startRouter } from '../../test/support/router.ts'
import { reportTo } from './demo-report.ts'
import { githubPush, type Signed, stripeInvoice } from './demo-senders.ts'

const LIMIT_MS = 40_000
const RETRY = { schedule_s: [1, 1], jitter: 0 }

const report = reportTo(console.log)
const { part, say, check } = report

interface Stage {
  tenant: RouterTenant
  receiver: Receiver
}

interface Wired {
  source: { id: string; url: string }
  connection: { id: string }
  path: string
  signing_secret: string
}

/** A destination at `path` of the receiver and a connection to it. */
async function wire(stage: Stage, path: string, from: object, source = { id: '', url: '' }) {
  const { tenant, receiver } = stage
  const { id, signing_secret } = await tenant.make('/api/v1/destinations', {
    name: path.slice(1),
    type: 'webhook',
    config: { url: receiver.url + path },
    retry: RETRY,
  })
  const connection = await tenant.make('/api/v1/connections', { destination_id: id, ...from })
  return { source, connection, path, signing_secret } satisfies Wired
}

async function wireSource(stage: Stage, provider: string, secret: string): Promise<Wired> {
  const source = await stage.tenant.make('/api/v1/sources', {
    name: provider,
    provider,
    config: { secret },
  })
  return wire(stage, `/${provider}`, { source_id: source.id }, source)
}

const send = (url: string, { body, headers }: Signed) =>
  fetch(url, { method: 'POST', headers, body })

/** Waits for what `wired` gets, and has the published library say that it is genuine and whole. */
async function arrives({ receiver }: Stage, wired: Wired, body: string, count = 1): Promise<void> {
  const mine = () => receiver.received.filter(({ path }) => path === wired.path)
  await receiver.until(() => mine().length >= count, 15_000)
  const last = mine().at(-1)
  if (last === undefined) return
  check(last.body.toString() === body, `it arrived at ${wired.path}, byte for byte`)
  let genuine = true
  try {
    new Webhook(wired.signing_secret).verify(last.body, last.headers)
  } catch {
    genuine = false
  }
  check(genuine, 'its signature is genuine, says the package standardwebhooks', last.headers)
}

async function tellGithub(stage: Stage): Promise<void> {
  part('GitHub: a real push, signed as GitHub signs')
  const secret = randomBytes(20).toString('hex')
  const github = await wireSource(stage, 'github', secret)
  const push = await githubPush(secret)
  const answer = await send(github.source.url, push)
  check(answer.status === 202, `accepted: ${answer.status}`, await answer.text())
  await arrives(stage, github, push.body)

  const again = await send(github.source.url, push)
  check(again.status === 200, 'sent once more, it is known as a duplicate', await again.text())

  part('GitHub: the same, forged')
  const forged = await send(github.source.url, { ...push, body: push.body.replace('{', '{ ') })
  check(forged.status === 401, `refused: ${forged.status}`, await forged.text())
  const { json } = await stage.tenant.api('/api/v1/rejections')
  const reason = json.data[0]?.reason
  check(reason === 'signature_mismatch', `and kept with its reason: ${reason}`, json)
}

async function tellStripe(stage: Stage): Promise<void> {
  part('Stripe: a paid invoice')
  const secret = `whsec_${randomBytes(24).toString('base64url')}`
  const stripe = await wireSource(stage, 'stripe', secret)
  const invoice = stripeInvoice(secret)
  const answer = await send(stripe.source.url, invoice)
  check(answer.status === 202, `accepted: ${answer.status}`, await answer.text())
  await arrives(stage, stripe, invoice.body)
}

async function tellVideo(stage: Stage): Promise<void> {
  part('Your own event: video.generated, to those who want long videos')
  const video = await wire(stage, '/videos', {
    event_types: ['video.*'],
    filter: { data: { duration_s: { $gte: 60 } } },
  })
  const post = (duration_s: number) =>
    stage.tenant.make('/api/v1/events', { type: 'video.generated', data: { duration_s } })
  await post(90)
  await arrives(stage, video, '{"duration_s":90}')

  const short = await post(12)
  const { json } = await stage.tenant.api(`/api/v1/events/${short.id}`)
  const verdict = json.verdicts?.find(
    ({ connection_id }: { connection_id: string }) => connection_id === video.connection.id,
  )
  const leaf = verdict?.failed_at
  check(
    verdict?.verdict === 'filtered',
    `a short one was filtered: ${leaf?.path} is ${leaf?.actual}, and not ${leaf?.operator} ${leaf?.expected}`,
    json,
  )
}

async function tellRetry(stage: Stage): Promise<void> {
  part('A receiver that fails twice')
  const flaky = await wire(stage, '/flaky', { event_types: ['demo.flaky'] })
  const event = await stage.tenant.make('/api/v1/events', { type: 'demo.flaky', data: [1, 2, 3] })
  await arrives(stage, flaky, '[1,2,3]', 3)
  const delivery = await ended(stage, event.id)
  check(delivery.state === 'delivered', `the delivery is ${delivery.state}`, delivery)
  for (const { number, trigger, status, duration_ms } of delivery.attempts)
    say(`attempt ${number} (${trigger}): ${status} in ${duration_ms} ms`)
}

async function tellDeadLetter(stage: Stage): Promise<void> {
  part('A receiver that is down: the dead letter, and its replay')
  const down = await wire(stage, '/down', { event_types: ['demo.down'] })
  const event = await stage.tenant.make('/api/v1/events', { type: 'demo.down', data: 'kept' })
  const delivery = await ended(stage, event.id)
  check(delivery.state === 'dead', `after ${delivery.attempts.length} attempts: ${delivery.state}`)
  const dead = await stage.tenant.api('/api/v1/dead-letters')
  check(dead.json.data.length === 1, 'it lies among the dead letters', dead.json)

  say('the receiver is repaired')
  repaired = true
  const { job_id } = await stage.tenant.make('/api/v1/dead-letters/replay', {})
  const job = await until(
    () => stage.tenant.api(`/api/v1/jobs/${job_id}`),
    ({ json }) => json.state === 'done',
  )
  const { state, total, done } = job.json
  check(state === 'done' && done === 1, `replay: ${state}, ${done} of ${total}`, job.json)
  await arrives(stage, down, '"kept"', delivery.attempts.length + 1)
}

/** The event's only delivery, once nothing more will happen to it. */
async function ended({ tenant }: Stage, eventId: string) {
  const list = await until(
    () => tenant.api(`/api/v1/deliveries?event_id=${eventId}`),
    ({ json }) => ['delivered', 'dead'].includes(json.data[0]?.state),
  )
  return (await tenant.api(`/api/v1/deliveries/${list.json.data[0].id}`)).json
}

/** Asks until the answer is as wanted, for 15 s; then answers what there is. */
async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const answer = await ask()
    if (wanted(answer) || Date.now() > deadline) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

let repaired = false

function answerByPath(receiver: Receiver): void {
  let flaky = 0
  receiver.answers(({ path }) => {
    if (path === '/flaky') return ++flaky <= 2 ? 503 : 200
    return path === '/down' && !repaired ? 500 : 200
  })
}

async function demo(): Promise<void> {
  part('Starting a router and a receiver, with temporary state')
  await using router = await startRouter()
  const receiver = await startReceiver()
  answerByPath(receiver)
  check(true, `the router is at ${router.url}, the receiver at ${receiver.url}`)
  try {
    const stage = { tenant: await router.tenant({ name: 'Demo' }), receiver }
    await tellGithub(stage)
    await tellStripe(stage)
    await tellVideo(stage)
    await tellRetry(stage)
    await tellDeadLetter(stage)
  } finally {
    await receiver.close()
  }
}

const tooLong = setTimeout(() => {
  check(false, `the demo is not done after ${LIMIT_MS / 1000} s`)
  process.exit(1)
}, LIMIT_MS)
await demo().catch((error: unknown) => check(false, String(error)))
clearTimeout(tooLong)
console.log(
  report.failures() === 0 ? '\nAll as promised.' : `\n✗ ${report.failures()} not as promised.`,
)
process.exitCode = report.failures() === 0 ? 0 : 1
