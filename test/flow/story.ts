import { eventually } from '../support/eventually.ts'
import { type AnswerSpec, type Receiver, startReceiver } from '../support/receiver.ts'
import type { RouterTenant } from '../support/router.ts'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

type Fields = Record<string, unknown>

/** No second attempt: what fails is dead. */
export const never = { schedule_s: [], jitter: 0 }
/** One more attempt, a second later. */
export const soon = { schedule_s: [1], jitter: 0 }
/** The next attempt is so far away that only somebody's act brings one. */
export const later = { schedule_s: [3600], jitter: 0 }

/** A webhook destination and the connection that leads to it. */
export async function connect(
  tenant: RouterTenant,
  url: string,
  { config, ...destinationFields }: Fields = {},
  connectionFields: Fields = {},
): Promise<{ destination: Loose; connection: Loose }> {
  const destination = await tenant.make('/api/v1/destinations', {
    name: 'Receiver',
    type: 'webhook',
    config: { url, ...(config as Fields | undefined) },
    ...destinationFields,
  })
  const connection = await tenant.make('/api/v1/connections', {
    destination_id: destination.id,
    ...connectionFields,
  })
  return { destination, connection }
}

/** Posts an event of the product's own and answers its id. */
export async function post(tenant: RouterTenant, fields: Fields = {}): Promise<string> {
  const { id } = await tenant.make('/api/v1/events', { type: 'order.paid', data: {}, ...fields })
  return id
}

/** Everything of a list, page by page. */
export async function listAll(tenant: RouterTenant, path: string): Promise<Loose[]> {
  const found: Loose[] = []
  const separator = path.includes('?') ? '&' : '?'
  for (let cursor = ''; ;) {
    const page = await tenant.api(`${path}${separator}limit=250${cursor}`)
    if (page.status !== 200) throw new Error(`${path} answered ${JSON.stringify(page.json)}`)
    found.push(...page.json.data)
    if (page.json.next_cursor === null) return found
    cursor = `&cursor=${page.json.next_cursor}`
  }
}

export const deliveriesOf = (tenant: RouterTenant, eventId: string): Promise<Loose[]> =>
  listAll(tenant, `/api/v1/deliveries?event_id=${eventId}`)

/** The event's one delivery with its attempts, as soon as it is in that state. */
export const deliveryOnce = (
  tenant: RouterTenant,
  eventId: string,
  state: string,
  timeoutMs?: number,
): Promise<Loose> =>
  eventually(async () => {
    const [delivery] = await deliveriesOf(tenant, eventId)
    if (delivery?.state !== state) return null
    return (await tenant.api(`/api/v1/deliveries/${delivery.id}`)).json
  }, timeoutMs)

/** What an act answered, with its status first. */
export async function act(
  tenant: RouterTenant,
  path: string,
  body: unknown = {},
): Promise<[status: number, json: Loose]> {
  const { status, json } = await tenant.api(path, { method: 'POST', body })
  return [status, json]
}

const receivers: Receiver[] = []

/** A receiver that ends with the file's tests: they may run at the same time. */
export async function aReceiver(...specs: AnswerSpec[]): Promise<Receiver> {
  const receiver = await startReceiver()
  receivers.push(receiver)
  if (specs.length > 0) receiver.answers(...specs)
  return receiver
}

export const closeReceivers = (): Promise<unknown> =>
  Promise.all(receivers.splice(0).map((receiver) => receiver.close()))
