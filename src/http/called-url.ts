/**
 * The URL as the sender called it, as its signature may hold it: where a server in front of this one speaks https, only
 * `X-Forwarded-Proto` tells. Anything but `https` as its first value changes nothing.
 */
export function calledUrl({ url, headers }: Request, isBehindServer: boolean): string {
  if (!isBehindServer || !url.startsWith('http:')) return url
  const [first = ''] = (headers.get('x-forwarded-proto') ?? '').split(',')
  return first.trim().toLowerCase() === 'https' ? url.replace('http:', 'https:') : url
}
