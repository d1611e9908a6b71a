import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { special } from '../destinations/address.ts'
import { entryOf, parseAllowlist } from '../destinations/allowlist.ts'
import { cidrText, contains } from '../destinations/ip.ts'

/**
 * The network that deliveries leave by, as workerd is told of it. It looks at the address that a connection really goes to,
 * once the name is resolved: public ones, and the ranges of `DESTINATION_ALLOWLIST`, on every port. A name in that list may
 * resolve to any address, so that the network then keeps from none, and only addresses as they are written are judged.
 */
export function wayOut(allowlist: string, certificates: string[] = trusted(process.env)) {
  const entries = parseAllowlist(allowlist).map(entryOf)
  const own = entries.flatMap((entry) => (entry !== null && 'range' in entry ? [entry.range] : []))
  const hasNames = entries.some((entry) => entry !== null && 'name' in entry)
  // Of two ranges that hold an address the narrower counts, and of two alike the one that denies.
  const denied = special.filter((range) => !own.some((allowed) => contains(allowed, range)))
  return {
    network: {
      // The last one is neither of the others to workerd.
      allow: ['public', ...(hasNames ? ['private', '240.0.0.0/4'] : []), ...own.map(cidrText)],
      deny: hasNames ? [] : denied.map(cidrText),
      tlsOptions: { trustBrowserCas: true, trustedCertificates: certificates },
    },
  }
}

/** What Node itself would trust beside the usual ones: https://nodejs.org/api/cli.html#node_extra_ca_certsfile */
function trusted({ NODE_EXTRA_CA_CERTS: path }: Record<string, string | undefined>): string[] {
  // workerd finds no store of certificates on Windows.
  const usual = process.platform === 'win32' ? [...rootCertificates] : []
  if (path === undefined || path === '') return usual
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
  try {
    return [...usual, ...(readFileSync(path, 'utf8').match(pem) ?? [])]
  } catch {
    // Node has said at its start that it cannot read the file.
    return usual
  }
}
