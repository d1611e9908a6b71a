import { setTimeout as pause } from 'node:timers/promises'
import type { Router } from '../support/router.ts'
import { type Account, openAccount, wirePaused } from './account.ts'
import { reset, until } from './receiver.ts'
import type { Scale } from './scale.ts'
import type { Stage } from './stage.ts'

export interface Grown {
  router: Router
  account: Account
  /** A source whose destination is paused. */
  accepting: { path: string; secret: string }
}

const batch = 500

/** Of each batch so many are delivered; no connection takes the others. */
const deliveredOfBatch = 20

/** A tenant with a long history and something pending, in a router of its own. Made once, for all who ask. */
export const grown = (stage: Stage, scale: Scale): Promise<Grown> =>
  stage.once('grown', async () => {
    const [router, receiver, to] = await Promise.all([
      stage.router('grown router'),
      stage.receiver(),
      stage.receiverUrl(),
    ])
    const account = await openAccount(router)
    await reset(receiver)
    await take(account, 'grown.delivered', `${to}/grown`)
    const batches = scale.stored / batch
    await inTurn(batches, 4, (n) => post(account, n))
    await until(receiver, batches * deliveredOfBatch)
    const accepting = await wirePaused(account, to)
    const pending = await take(account, 'grown.pending', to)
    await account.make(`destinations/${pending}/pause`)
    await inTurn(scale.pending / batch, 1, (n) => postPending(account, n))
    await pause(500)
    return { router, account, accepting }
  })

/** A destination for the events of one type, whatever their source. */
async function take(account: Account, type: string, url: string): Promise<string> {
  const { id } = await account.make('destinations', {
    name: type,
    type: 'webhook',
    config: { url },
  })
  await account.make('connections', { destination_id: id, event_types: [type] })
  return id
}

const post = (account: Account, n: number) =>
  account.make('events/batch', {
    events: Array.from({ length: batch }, (_, i) => ({
      type: i < deliveredOfBatch ? 'grown.delivered' : 'grown.stored',
      data: { n: n * batch + i, text: 'something small' },
    })),
  })

const postPending = (account: Account, n: number) =>
  account.make('events/batch', {
    events: Array.from({ length: batch }, (_, i) => ({
      type: 'grown.pending',
      data: { n: n * batch + i },
    })),
  })

async function inTurn(count: number, at_once: number, work: (n: number) => Promise<unknown>) {
  let next = 0
  await Promise.all(
    Array.from({ length: at_once }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
