/** A tenant made for one repetition: each begins with an empty ledger. */
export interface Account {
  /** Rejects unless the answer is 2xx. */
  make(path: string, body?: unknown): Promise<Made>
  get(path: string): Promise<Made>
  key: string
  url: string
}

/** What of the API's answers is looked at here. */
export interface Made {
  id: string
  url: string
  data: { id: string }[]
  results: unknown[]
  api_key: { key: string }
}

async function call(url: string, key: string, method: string, body?: unknown): Promise<Made> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
  // The answer of a contract that other tests hold.
  return answer.json<Made>()
}

export interface Instance {
  url: string
  adminKey: string
}

export async function openAccount({ url, adminKey }: Instance): Promise<Account> {
  const tenant = await call(`${url}/api/v1/tenants`, adminKey, 'POST', { name: 'Bench' })
  const { key } = tenant.api_key
  return {
    key,
    url,
    make: (path, body = {}) => call(`${url}/api/v1/${path}`, key, 'POST', body),
    get: (path) => call(`${url}/api/v1/${path}`, key, 'GET'),
  }
}

interface Wired {
  /** The inbound URL's path. */
  path: string
  secret: string
  destinationId: string
}

/** A GitHub source, and one connection from it to `to`. */
export async function wire(
  account: Account,
  to: string,
  { destination = {}, connection = {} }: { destination?: object; connection?: object } = {},
): Promise<Wired> {
  const secret = 'It is a secret to everybody'
  const source = await account.make('sources', {
    name: 'GitHub',
    provider: 'github',
    config: { secret },
  })
  const { id: destinationId } = await account.make('destinations', {
    name: 'Receiver',
    type: 'webhook',
    config: { url: to },
    ...destination,
  })
  const from = { source_id: source.id, destination_id: destinationId }
  await account.make('connections', { ...from, ...connection })
  return { path: new URL(source.url).pathname, secret, destinationId }
}

/** As `wire`, to a destination that is paused: what is accepted stays in the ledger. */
export async function wirePaused(account: Account, to: string): Promise<Wired> {
  const wired = await wire(account, to)
  await account.make(`destinations/${wired.destinationId}/pause`)
  return wired
}
