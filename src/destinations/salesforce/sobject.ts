import type { JsonObject } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import type { Message, Stopped } from '../destination.ts'
import { mappingInvalid, textField } from '../mapping/fields.ts'
import type { SalesforceConfig } from './config.ts'

/** One record as it is to be. */
export interface Sobject {
  type: string
  /** By which it is found again; `null`: it is made anew. */
  external: { field: string; value: string } | null
  fields: JsonObject
  /** What a new record must have, and an old one keeps as it is. */
  ifNew: JsonObject
  /** The name of the others' references to it. */
  ref: string
}

const longestExternalId = 255

/** It stands in a URL, where a segment of dots would be a step up, however it is encoded. */
export const isExternalId = (text: string): boolean =>
  text.length <= longestExternalId && !/^\.{0,2}$/.test(text)

export const externalIdIs = `must have at most ${longestExternalId} characters, and be neither "." nor ".."`

export function externalOf(
  message: Message,
  { external_id_field: field }: SalesforceConfig,
  byDefault: string | null,
): Result<Sobject['external'], Stopped> {
  if (field === undefined) return ok(null)
  const value = textField(message, 'external_id', byDefault)
  if (!value.ok) return value
  if (value.value === null) {
    const problem = `the event has no value for ${field}: map one`
    return err(mappingInvalid('external_id', problem))
  }
  return isExternalId(value.value)
    ? ok({ field, value: value.value })
    : err(mappingInvalid('external_id', externalIdIs))
}

/** Where a record is written, below `/services/data/vNN.0`. */
export const pathOf = ({ type, external }: Sobject): string =>
  external === null
    ? `/sobjects/${type}`
    : `/sobjects/${type}/${external.field}/${encodeURIComponent(external.value.toWellFormed())}`

export const methodOf = ({ external }: Sobject): 'PATCH' | 'POST' =>
  external === null ? 'POST' : 'PATCH'

/** What is written. `isNew`: it is not there yet, or may not be. */
export function bodyOf({ fields, ifNew, external }: Sobject, isNew: boolean): JsonObject {
  const all = isNew || external === null ? { ...ifNew, ...fields } : fields
  // Salesforce takes the external id from the URL alone.
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== external?.field))
}
