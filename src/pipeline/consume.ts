import type { Pointer } from '../ledger/protocol.ts'
import { bury } from './bury.ts'
import { dispatch } from './dispatch.ts'
import type { Services } from './bound-services.ts'

/** How soon a pointer is looked at again when its ledger could not be reached. */
const againSeconds = 2

type Next = 'done' | { retryInSeconds: number }

/**
 * A message is answered as soon as its delivery is claimed: the sends go on by themselves. The ledger has their leases, so
 * that nothing is lost by it, and no slow receiver stops the queue for others. Each message has its own answer: one
 * message's crash is its own.
 */
export async function consume(services: Services, batch: MessageBatch<Pointer>): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const next = await step(services, message.body).catch((error: unknown): Next => {
        services.log({ at: 'step.crashed', step: batch.queue, error: String(error) })
        return { retryInSeconds: againSeconds }
      })
      if (next === 'done') message.ack()
      else message.retry({ delaySeconds: next.retryInSeconds })
    }),
  )
}

async function step(services: Services, pointer: Pointer): Promise<Next> {
  if (pointer.kind === 'bury')
    return (await bury(services, pointer)) ? 'done' : { retryInSeconds: againSeconds }
  const { tenant_id: tenantId, shard } = pointer
  const claimed = await services.ledger(tenantId, shard).claim(pointer)
  if (claimed.kind === 'gone') return 'done'
  const work = dispatch(services, { tenantId, shard }, claimed.jobs)
  services.after(work)
  // Only an attempt that may outlast what is left after the answer keeps the answer waiting.
  const longest = Math.max(...claimed.jobs.map(({ timeout_ms, wait_ms }) => timeout_ms + wait_ms))
  const holdMs = longest - services.limits.afterMs
  if (holdMs > 0) await Promise.race([work, services.sleep(holdMs)])
  return 'done'
}
