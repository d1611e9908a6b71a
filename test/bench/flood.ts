import autocannon from 'autocannon'
import { nowUs } from './clock.ts'
import type { Flood, Flooded } from './load.ts'

/** Rejects unless every answer was 2xx: a refusal is fast, and would look like speed. */
export async function flood(asked: Flood): Promise<Flooded> {
  const { url, posts, connections, seconds, amount } = asked
  let client = 0
  const startedUs = nowUs()
  const result = await autocannon({
    url,
    connections,
    sampleInt: 100,
    idReplacement: true,
    requests: posts,
    setupClient: (each) => each.setRequests(rotated(posts, client++)),
    ...(amount === undefined ? { duration: seconds ?? 1 } : { amount }),
  })
  const { non2xx, errors, timeouts, statusCodeStats } = result
  if (non2xx + errors + timeouts > 0)
    throw new Error(`not only 2xx: ${JSON.stringify({ statusCodeStats, errors, timeouts })}`)
  const count = result['2xx']
  return { rps: count / result.duration, count, startedUs }
}

/** Of its own for each connection, which writes into it. */
const rotated = <T>(all: readonly T[], by: number): T[] => {
  const at = by % all.length
  return structuredClone([...all.slice(at), ...all.slice(0, at)])
}
