import { createHmac } from 'node:crypto'
import type { Receiver, Received } from '../support/receiver.ts'
import type { RouterTenant } from '../support/router.ts'

// A test reads an answer freely: its assertions are the check.
// oxlint-disable-next-line typescript/no-explicit-any
type Loose = any

type Fields = Record<string, unknown>

/** A destination at the receiver's `path`; without a word about retries, they come after 1 s each. */
export const destination = (
  tenant: RouterTenant,
  { url }: Receiver,
  { path = '/hook', headers, ...fields }: Fields & { path?: string } = {},
): Promise<Loose> =>
  tenant.make('/api/v1/destinations', {
    name: 'Receiver',
    type: 'webhook',
    config: { url: url + path, signing: 'none', ...(headers === undefined ? {} : { headers }) },
    retry: { schedule_s: [1, 1, 1, 1], jitter: 0 },
    ...fields,
  })

export const connection = (
  tenant: RouterTenant,
  { id: destination_id }: { id: string },
  fields: Fields = {},
): Promise<Loose> => tenant.make('/api/v1/connections', { destination_id, ...fields })

/** Posts one event; the answer as it is. */
export const post = (tenant: RouterTenant, event: Fields = {}): ReturnType<RouterTenant['api']> =>
  tenant.api('/api/v1/events', {
    method: 'POST',
    body: { type: 'video.generated', data: null, ...event },
  })

/** Posts many in one request, in this order, and answers their results. */
export async function postBatch(
  tenant: RouterTenant,
  events: Fields[],
): Promise<{ id: string; duplicate: boolean; error?: { code: string } }[]> {
  const all = events.map((event) => ({ type: 'video.generated', data: null, ...event }))
  const { results } = await tenant.make('/api/v1/events/batch', { events: all })
  return results
}

/** `[from … to]` */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** What lies at `path`, which must be there. */
export async function read(tenant: RouterTenant, path: string): Promise<Loose> {
  const { status, json } = await tenant.api(`/api/v1/${path}`)
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(json)}`)
  return json
}

/** The whole list at `path`, page after page, oldest first. */
export async function list(tenant: RouterTenant, path: string): Promise<Loose[]> {
  const all: Loose[] = []
  const sign = path.includes('?') ? '&' : '?'
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`
    const page = await read(tenant, `${path}${sign}order=asc&limit=250${from}`)
    all.push(...page.data)
    cursor = page.next_cursor
  }
  return all
}

export const change = async (tenant: RouterTenant, path: string, body: Fields): Promise<Loose> => {
  const { status, json } = await tenant.api(`/api/v1/${path}`, { method: 'PATCH', body })
  if (status !== 200) throw new Error(`PATCH ${path} answered ${status}: ${JSON.stringify(json)}`)
  return json
}

export const act = (tenant: RouterTenant, path: string): Promise<Loose> =>
  tenant.make(`/api/v1/${path}`, {})

/** The body of a received request, read as JSON. */
export const dataOf = ({ body }: Received): Loose => JSON.parse(body.toString())

/** https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries */
export function github(
  url: string,
  {
    secret,
    delivery = crypto.randomUUID(),
    payload = { ref: 'refs/heads/main' },
  }: { secret: string; delivery?: string; payload?: unknown },
): Promise<{ status: number; json: Loose }> {
  const body = JSON.stringify(payload)
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return inbound(url, body, {
    'x-github-event': 'push',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${signature}`,
  })
}

/** Calls an inbound URL as a provider would. */
export async function inbound(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: Loose }> {
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: answer.status, json: await answer.json() }
}
