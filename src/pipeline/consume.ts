import type { Pointer } from '../ledger/protocol.ts'
import { bury } from './bury.ts'
import { budgetMs, dispatch } from './dispatch.ts'
import type { Services } from './bound-services.ts'

/**
 * How long a batch is held for its sends. After that they go on by themselves: the ledger has their leases, so that
 * acknowledging a pointer early loses nothing, and one slow receiver does not stop the queue for others.
 */
const holdMs = 500

/** How soon a pointer is looked at again when its ledger could not be reached. */
const againSeconds = 2

type Next = 'done' | { retryInSeconds: number }

/** Each message has its own answer: one message's crash is its own. */
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
  const longest = Math.max(...claimed.jobs.map(({ timeout_ms, wait_ms }) => timeout_ms + wait_ms))
  await Promise.race([work, services.sleep(Math.max(holdMs, longest - budgetMs))])
  return 'done'
}
