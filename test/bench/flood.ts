import autocannon from 'autocannon'
import { nowUs } from './clock.ts'
import type { Flood, Flooded } from './load.ts'

/** Rejects unless every answer was 2xx: a refusal is fast, and would look like speed. */
export async function flood(asked: Flood): Promise<Flooded> {
  const { url, posts, connections, seconds, amount } = asked
  const requests = posts.map((post) => ({ method: 'POST', ...post }))
  let client = 0
  const startedUs = nowUs()
  const result = await autocannon({
    url,
    connections,
    sampleInt: 100,
    idReplacement: true,
    requests,
    setupClient: (each) => each.setRequests(rotated(requests, client++)),
    ...(amount === undefined ? { duration: seconds ?? 1 } : { amount }),
  })
  const { non2xx, errors, timeouts, statusCodeStats } = result
  if (non2xx + errors + timeouts > 0)
    throw new Error(`not only 2xx: ${JSON.stringify({ statusCodeStats, errors, timeouts })}`)
  const count = result['2xx']
  return { rps: count / result.duration, count, startedUs }
}

const rotated = <T>(all: readonly T[], by: number): T[] => {
  const at = by % all.length
  return [...all.slice(at), ...all.slice(0, at)].map((one) => ({ ...one }))
}
