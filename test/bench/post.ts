import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 512 })

interface Asked {
  method: string
  headers: Record<string, string>
  body?: string | undefined
}

/** One request of which only the status is looked at: rejects unless it is 2xx. */
export function ask(url: string, { method, headers, body }: Asked): Promise<void> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const asked = request(url, { agent, method, headers: { ...headers, ...length } }, (answer) => {
    const status = answer.statusCode ?? 0
    answer.resume().once('end', () => {
      if (status >= 200 && status < 300) resolve()
      else reject(new Error(`${url} answered ${status}`))
    })
  })
  asked.once('error', reject).end(body)
  return promise
}
