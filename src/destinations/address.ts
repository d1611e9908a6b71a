import type { Result } from '../model/result.ts'
import { err, ok } from '../model/result.ts'
import { isAllowed } from './allowlist.ts'
import { holds, parseCidr, parseIp } from './ip.ts'
import type { Cidr, Ip } from './ip.ts'

/** IPv4 that is not the public Internet (IANA special-purpose registry), and a cloud's host service. */
const specialV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8',
  '168.63.129.16/32', // Azure's host
  '169.254.0.0/16', // link-local, and most clouds' metadata
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]

/**
 * IPv6 is the other way round: only 2000::/3 is the public Internet. All that wraps an IPv4 address lies outside of it
 * (::/96, ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48) or in the exceptions (Teredo, 6to4).
 */
const specialV6 = [
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23', // IETF's own: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
]

/** All that is not the public Internet. */
export const special: readonly Cidr[] = [...specialV4, ...specialV6]
  .map(parseCidr)
  .filter((range) => range !== null)

const isPublic = (ip: Ip): boolean => !special.some((range) => holds(range, ip))

/** Names that mean this machine or this network wherever they are asked for (RFC 6761, 6762, 7686, 8375, 9476). */
const localNames =
  'localhost localdomain local internal intranet lan home corp private arpa onion alt'.split(' ')

/** Public names that resolve to whatever address stands in the name, or to loopback. */
const rebindingNames =
  'nip.io sslip.io xip.io localtest.me lvh.me vcap.me lacolhost.com localho.st rbndr.us 1u.ms'.split(
    ' ',
  )

const isOrIsBelow = (host: string) => (name: string) => host === name || host.endsWith(`.${name}`)

/** Ports on which an HTTP request could talk to something else: https://fetch.spec.whatwg.org/#port-blocking */
const badPorts = new Set(
  `0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123
  135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995
  1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`.split(
    /\s+/,
  ),
)

function reasonAgainstHost(host: string, ip: Ip | null): string | null {
  if (ip !== null) return isPublic(ip) ? null : 'The address is not on the public Internet.'
  if (host.endsWith('.')) return 'The host name must not end with a dot.'
  if (!host.includes('.')) return 'The host name must be a full public name.'
  if (localNames.some(isOrIsBelow(host))) return 'The host name is one of a private network.'
  return rebindingNames.some(isOrIsBelow(host))
    ? 'The host name belongs to a service that resolves to private addresses.'
    : null
}

/**
 * Whether Switchyard may call `url`: https to a public host, or what the operator's allowlist names (http and private
 * addresses too). It judges the host as the WHATWG URL parser writes it, so `0x7f.1` is seen as `127.0.0.1`.
 * It cannot see where a public name resolves to, because a Worker cannot ask and cannot pin the answer: on Cloudflare
 * the network itself refuses private targets; on one machine the network that the Worker is bound to does.
 */
export function checkAddress(
  url: string,
  allowlist: readonly string[],
): Result<URL, { reason: string }> {
  const parsed = URL.parse(url)
  if (parsed === null) return err({ reason: 'This is not a URL.' })
  const web = parsed.protocol === 'https:' || parsed.protocol === 'http:'
  if (!web) return err({ reason: 'The URL must begin with https://.' })
  if (parsed.username !== '' || parsed.password !== '')
    return err({ reason: 'The URL must not hold a user name or password.' })
  if (badPorts.has(parsed.port))
    return err({ reason: `Port ${parsed.port} is not one for web servers.` })
  const ip = parseIp(parsed.hostname)
  if (isAllowed(parsed, ip, allowlist)) return ok(parsed)
  if (parsed.protocol !== 'https:') return err({ reason: 'The URL must begin with https://.' })
  const reason = reasonAgainstHost(parsed.hostname, ip)
  return reason === null ? ok(parsed) : err({ reason })
}
