import type { CatalogueData, CatalogueType } from '../model/catalogue.ts'
import type { FieldError } from './errors.ts'
import { backoffMs, type ClientOptions, type Send } from './request.ts'

/** An event to send. What the catalogue knows is typed by it; other types take any JSON. */
export interface OutgoingEvent<T extends string = string> {
  type: T
  data: T extends CatalogueType ? CatalogueData[T] : unknown
  /** The same id again is answered as a duplicate. One is made up, unless given. */
  id?: string
  /** RFC 3339. */
  time?: string
  subject?: string
  source?: string
  order_key?: string
  priority?: 'high' | 'normal' | 'low'
}

export interface Sent {
  id: string
  /** Seen before: `id` is the first one's. */
  duplicate: boolean
}

export type SentOfBatch =
  | Sent
  | { error: { code: string; detail: string; errors?: readonly FieldError[] } }

export interface Events {
  send<T extends string>(event: OutgoingEvent<T>): Promise<Sent>
  /** Any number, in order: what of them may work later is sent again, and one bad event never spoils the others. */
  sendBatch(events: readonly OutgoingEvent[]): Promise<SentOfBatch[]>
}

const mostAtOnce = 500
const again = new Set(['rate_limited', 'unavailable'])

const newKey = (): string => crypto.randomUUID()

const mayWorkLater = (result: SentOfBatch): boolean =>
  'error' in result && again.has(result.error.code)

export function eventsOver(
  send: Send,
  {
    retries = 3,
    random = Math.random,
    sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }: ClientOptions,
): Events {
  async function sendAtOnce(events: readonly OutgoingEvent[]): Promise<SentOfBatch[]> {
    const { body } = await send('/api/v1/events/batch', { events }, newKey())
    // What `POST /api/v1/events/batch` answers with 202.
    return (body as { results: SentOfBatch[] }).results
  }

  async function sendAll(events: readonly OutgoingEvent[]): Promise<SentOfBatch[]> {
    const results = await sendAtOnce(events)
    for (let attempt = 0; attempt < retries && results.some(mayWorkLater); attempt++) {
      await sleep(Math.max(1000, backoffMs(attempt, random)))
      const open = [...results.keys()].filter((i) => {
        const result = results[i]
        return result !== undefined && mayWorkLater(result)
      })
      const rest = await sendAtOnce(events.filter((_, i) => open.includes(i)))
      for (const [i, result] of rest.entries()) {
        const at = open[i]
        if (at !== undefined) results[at] = result
      }
    }
    return results
  }

  return {
    async send(event) {
      const { body } = await send('/api/v1/events', event, newKey())
      return body as Sent // What `POST /api/v1/events` answers with 200 and 202.
    },
    async sendBatch(events) {
      // With ids of their own, so that those that are sent again are known again.
      const known = events.map((event) => ({ ...event, id: event.id ?? newKey() }))
      const results: SentOfBatch[] = []
      for (let from = 0; from < known.length; from += mostAtOnce) {
        results.push(...(await sendAll(known.slice(from, from + mostAtOnce))))
      }
      return results
    },
  }
}
