/** Hooks whose URL is their credential: whoever knows it can post. */

import * as z from 'zod'
import { checkAddress } from './address.ts'
import type { ConfiguredAddress } from './destination.ts'
import { parseIp } from './ip.ts'

export const HookUrl = z.url({ protocol: /^https?$/ }).max(2048)

/** A server of one's own, to try with: it is for the address guard, and so for the operator's allowlist, to let it pass. */
export function isPrivate(url: string): boolean {
  // A config is looked at as a whole also where its URL is none.
  const hostname = URL.parse(url)?.hostname ?? ''
  return parseIp(hostname) !== null && !checkAddress(`https://${hostname}/`, []).ok
}

/** The hook, at `baseUrl` instead of its own host where there is one. */
export function hookAt(url: string, baseUrl: string | undefined): string {
  if (baseUrl === undefined) return url
  const { pathname, search } = new URL(url)
  return `${baseUrl}${pathname}${search}`
}

/** What the address guard checks: the hook at `path` of the config, or where `base_url` says. */
export const hookAddress = (
  path: string,
  url: string,
  baseUrl: string | undefined,
): ConfiguredAddress =>
  baseUrl === undefined ? { path, url } : { path: 'base_url', url: hookAt(url, baseUrl) }

/** Shorter parts (`services`, `webhooks`) are no secrets. */
const shortestPart = 16

/** `secrets`, and of each that is a URL what gives it away alone: its path with the query, and the long parts of both. */
export const withUrlParts = (secrets: readonly string[]): string[] =>
  secrets.flatMap((secret) => {
    const url = URL.parse(secret)
    if (url === null || !/^https?:$/.test(url.protocol)) return [secret]
    const parts = [...url.pathname.split('/'), ...url.searchParams.values()]
    const long = [url.pathname, url.pathname + url.search, ...parts]
    return [secret, ...long.filter(({ length }) => length >= shortestPart)]
  })
