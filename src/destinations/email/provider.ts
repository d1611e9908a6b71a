import type { Json, JsonObject } from '../../model/json.ts'
import { jsonBytes } from '../mapping/well-formed.ts'
import type { OutcomeRow } from '../outcome-table.ts'
import { headerOf } from './address.ts'
import type { Mail } from './mail.ts'

/** What a provider's config says beside the key; each has its own of these. */
export interface ProviderConfig {
  api_key: string
  region?: 'eu' | undefined
  domain?: string | undefined
  stream?: string | undefined
}

export interface ProviderRequest {
  path: string
  headers: Readonly<Record<string, string>>
  body: Uint8Array
}

/** One of the services that send a mail for one request. */
export interface Provider {
  /** Its host, which a region may change. */
  host(config: ProviderConfig): string
  request(
    mail: Mail,
    config: ProviderConfig,
    attempt: { deliveryId: string; random: (bytes: number) => Uint8Array },
  ): ProviderRequest
  /** The header that holds the key. */
  secretHeader: string
  table: readonly OutcomeRow[]
  /** The provider's own words for what happened. */
  codes(body: Json | undefined): readonly string[]
  /** When it wants to be asked again, in ms, where `Retry-After` does not say it. */
  wait?(headers: Headers, nowMs: number): number | null
}

export const json = (value: JsonObject): Pick<ProviderRequest, 'body'> => ({
  body: jsonBytes(value),
})

export const jsonType = { 'content-type': 'application/json' } as const

export const headersOf = (addresses: Mail['to']): string[] => addresses.map(headerOf)

export const noCodes = (): readonly string[] => []
