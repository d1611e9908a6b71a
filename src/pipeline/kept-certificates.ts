/** How long a certificate is believed without being asked for again. */
const lifeMs = 3_600_000
const most = 100
const largest = 16_384

interface Kept {
  bytes: Uint8Array
  until: number
}

/** Of this isolate: what is public and the same for everybody. */
const kept = new Map<string, Kept>()

const isCertificate = (url: string): boolean => /\.pem$|\/certs\/[^/]+$/.test(new URL(url).pathname)

/** `fetch`, that gets the same certificate only once an hour: providers that sign with one name it in every request. */
export function keepingCertificates(fetch: typeof globalThis.fetch, now: () => number) {
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { url, method } = new Request(input, init)
    if (method !== 'GET' || !isCertificate(url)) return fetch(input, init)
    const known = kept.get(url)
    if (known !== undefined && known.until > now()) return new Response(known.bytes.slice())
    const answer = await fetch(input, init)
    if (answer.status !== 200) return answer
    const bytes = new Uint8Array(await answer.arrayBuffer())
    if (bytes.length <= largest) {
      if (kept.size >= most) kept.clear()
      kept.set(url, { bytes, until: now() + lifeMs })
    }
    return new Response(bytes)
  }
}
