import { type AnswerSpec, type Received, startReceiver } from '../support/receiver.ts'
import type { Router } from '../support/router.ts'
import { connection, dataOf, destination } from './scene.ts'

/** A tenant with one ordered connection to a receiver of its own. Its events' data are `{key, n}`. */
export async function orderedScene(
  router: Router,
  order: Record<string, unknown>,
  fields: Record<string, unknown> = {},
  options: Record<string, unknown> = {},
) {
  const receiver = await startReceiver()
  const tenant = await router.tenant(options)
  const to = await destination(tenant, receiver, fields)
  const line = await connection(tenant, to, { order })
  /** What arrived, in its order; `key`: of that key only. */
  const arrived = (key?: string): number[] =>
    receiver.received
      .map(dataOf)
      .filter((data) => key === undefined || data.key === key)
      .map(({ n }) => n)
  const sequences = (key: string): string[] =>
    receiver.received
      .filter((request) => dataOf(request).key === key)
      .map(({ headers }) => headers['switchyard-sequence'] ?? 'none')
  const until = (key: string, numbers: number[], timeoutMs?: number) =>
    receiver.until(() => arrived(key).length >= numbers.length, timeoutMs)
  const dispose = () => receiver.close()
  return {
    receiver,
    tenant,
    destination: to,
    connection: line,
    arrived,
    sequences,
    until,
    [Symbol.asyncDispose]: dispose,
  }
}

export type OrderedScene = Awaited<ReturnType<typeof orderedScene>>

/** An event of that order key. */
export const keyed = (key: string, n: number) => ({ order_key: key, data: { key, n } })

/** 500 to each request of event `n`, as often as it says there; 200 to all others. */
export function failing(times: Record<string, number>): AnswerSpec {
  const left = new Map(Object.entries(times))
  return (request: Received) => {
    const { key, n } = dataOf(request)
    const name = `${key}${n}`
    const count = left.get(name) ?? 0
    left.set(name, count - 1)
    return count > 0 ? 500 : 200
  }
}
