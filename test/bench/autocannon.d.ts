/** The part that is used here: https://github.com/mcollina/autocannon#api */
declare module 'autocannon' {
  interface Options {
    url: string
    connections: number
    duration?: number
    amount?: number
    sampleInt: number
    idReplacement: boolean
    requests: { method: string; path: string; headers: Record<string, string>; body: string }[]
    setupClient: (client: { setRequests(requests: Options['requests']): void }) => void
  }
  interface Result {
    /** Seconds. */
    duration: number
    '2xx': number
    non2xx: number
    errors: number
    timeouts: number
    statusCodeStats: Record<string, { count: number }>
  }
  export default function autocannon(options: Options): Promise<Result>
}
