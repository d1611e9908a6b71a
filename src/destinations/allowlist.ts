import { holds, parseCidr } from './ip.ts'
import type { Cidr, Ip } from './ip.ts'

/** The entries of `DESTINATION_ALLOWLIST`: apart by commas or white space, in lower case. */
export const parseAllowlist = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')

const defaultPorts: Record<string, string> = { 'http:': '80', 'https:': '443' }

/** `host:port` or `[v6]:port` into its two parts; a bare IPv6 address has no port. */
function portOf(entry: string): { host: string; port: string | null } {
  const [, host, port] = /^([^:]+|\[[^\]]+\]):(\d{1,5})$/.exec(entry) ?? []
  return host === undefined || port === undefined ? { host: entry, port: null } : { host, port }
}

/** A host name as the URL parser writes it, or what is below it. The last label of a name is no number. */
const hostName = /^(?:\*\.)?(?:[a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_-][a-z0-9_-]*$/

/** What an entry of the allowlist means, its port aside; `null`: nothing, it fits no URL. */
export function entryOf(entry: string): { range: Cidr } | { name: string } | null {
  const { host } = portOf(entry)
  const range = parseCidr(host)
  if (range !== null) return { range }
  return hostName.test(host) ? { name: host } : null
}

function fits(host: string, url: URL, ip: Ip | null): boolean {
  if (host === url.hostname) return true
  if (host.startsWith('*.')) return ip === null && url.hostname.endsWith(host.slice(1))
  const range = ip === null ? null : parseCidr(host)
  return range !== null && ip !== null && holds(range, ip)
}

/**
 * Whether the operator said that `url` may be private: by name (`sink.test`), suffix (`*.corp.test`: what is below
 * it), address or range (`10.0.0.0/8`, `fd00::/8`), each with `:port` where only that port is meant.
 */
export const isAllowed = (url: URL, ip: Ip | null, allowlist: readonly string[]): boolean =>
  allowlist.some((entry) => {
    const { host, port } = portOf(entry)
    return (
      (port === null || port === (url.port || defaultPorts[url.protocol])) && fits(host, url, ip)
    )
  })
