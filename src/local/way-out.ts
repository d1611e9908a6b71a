import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { parseAllowlist, rangeOf } from '../destinations/allowlist.ts'

/**
 * The network that deliveries leave by, as workerd is told of it. It looks at the address that a connection really goes to,
 * once the name is resolved: public ones, and what `DESTINATION_ALLOWLIST` holds. A name in that list may resolve to any
 * private address, so that the network then keeps from none of them, and only addresses as they are written are judged.
 */
export function wayOut(allowlist: string, certificates: string[] = trusted(process.env)) {
  const ranges = parseAllowlist(allowlist).map(rangeOf)
  const own = ranges.filter((range) => range !== null)
  const hasNames = own.length < ranges.length
  return {
    network: {
      allow: ['public', ...(hasNames ? ['private'] : []), ...own],
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
