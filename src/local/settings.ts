import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { entryOf, parseAllowlist } from '../destinations/allowlist.ts'

export interface Settings {
  host: string
  port: number
  stateDir: string
  /** From the environment; the state folder has its own otherwise. */
  adminKey: string | undefined
  masterKey: string | undefined
  /** What overrides `[vars]` of wrangler.toml. */
  vars: Record<string, string>
}

const PASSED_ON = ['DESTINATION_ALLOWLIST', 'MAX_BODY_BYTES', 'LOG'] as const

/** Reads the environment. The text of an error is for the person who typed the command. */
export function readSettings(
  env: Record<string, string | undefined>,
): { ok: true; value: Settings } | { ok: false; error: string } {
  const port = env.PORT || '8787'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return { ok: false, error: `PORT is '${port}', but must be a number from 0 to 65535.` }
  const maxBody = env.MAX_BODY_BYTES
  if (maxBody && !/^[1-9]\d{0,11}$/.test(maxBody))
    return {
      ok: false,
      error: `MAX_BODY_BYTES is '${maxBody}', but must be a whole number of bytes above 0.`,
    }
  const senseless = parseAllowlist(env.DESTINATION_ALLOWLIST ?? '').find(
    (entry) => entryOf(entry) === null,
  )
  if (senseless !== undefined)
    return {
      ok: false,
      error: `DESTINATION_ALLOWLIST holds '${senseless}', which is no address, range or host name.`,
    }
  const vars: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = env[name]
    if (value) vars[name] = value
  }
  return {
    ok: true,
    value: {
      host: env.HOST || '127.0.0.1',
      port: Number(port),
      stateDir: resolve(env.STATE_DIR || '.switchyard'),
      adminKey: env.ADMIN_KEY || undefined,
      masterKey: env.MASTER_KEY || undefined,
      vars,
    },
  }
}

export const originOf = (host: string, port: number): string =>
  `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
