/** https://developer.atlassian.com/cloud/bitbucket/query-string-hash/ */

import { utf8 } from '../../signing/bytes.ts'
import { toHex } from '../../signing/encodings.ts'
import { sha256 } from '../../signing/hmac.ts'
import { fieldsIn } from '../payload.ts'

/** RFC 3986: all but the unreserved characters. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Sorted, a name's values behind it with commas between them. The token itself is not part of what it signs. */
function canonicalQuery(query: URLSearchParams): string {
  const byName = Map.groupBy(query, ([name]) => name)
  byName.delete('jwt')
  const sorted = [...byName].toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)))
  const valuesOf = (all: readonly [string, string][]): string =>
    all
      .map(([, value]) => value)
      .toSorted()
      .map(encode)
      .join(',')
  return sorted.map(([name, all]) => `${encode(name)}=${valuesOf(all)}`).join('&')
}

function canonicalPath(path: string): string {
  const encoded = path.replaceAll('&', '%26')
  if (encoded === '') return '/'
  return encoded.length > 1 && encoded.endsWith('/') ? encoded.slice(0, -1) : encoded
}

/**
 * The paths that the sender may mean, which leaves out its app's base URL. `publicUrl` is that base, or the whole public URL: it
 * is no base where the path called does not lie under it, and may be either where it is the path called.
 */
function pathsOf(called: string, publicUrl: string | undefined): string[] {
  const base = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')
  if (base === '') return [called]
  if (called.startsWith(`${base}/`)) return [called.slice(base.length)]
  return called === base ? ['/', base] : [base]
}

/** The hashes in lower-case hex that a token for this request may hold; none if the URL is none. */
export function queryStringHashes(
  method: string,
  url: string,
  publicUrl: string | undefined,
): string[] {
  if (!URL.canParse(url)) return []
  const { pathname, search } = new URL(url)
  const query = canonicalQuery(fieldsIn(search.slice(1)))
  return pathsOf(pathname, publicUrl).map((path) =>
    toHex(sha256(utf8(`${method.toUpperCase()}&${canonicalPath(path)}&${query}`))),
  )
}
