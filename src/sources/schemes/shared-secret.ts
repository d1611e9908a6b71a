/** Senders that sign nothing: all they can show is a secret, in a header or in the URL that they were given. */

import * as z from 'zod'
import type { Refusal } from '../../model/refusal.ts'
import { utf8 } from '../../signing/bytes.ts'
import { fieldsIn } from '../payload.ts'
import type { SourceRequest } from '../source.ts'
import { headerOf } from './claim.ts'
import { sameCredential } from './credential.ts'

/** The name of a parameter in a URL's query. */
export const ParameterName = z.string().regex(/^[\w.-]{1,100}$/, "a parameter's name")

/** Why `given` is none of the secrets; `null`: it is one. */
export const credentialProblem = (given: string, secrets: readonly string[]): Refusal | null =>
  secrets.some((secret) => sameCredential(utf8(given), utf8(secret)))
    ? null
    : { reason: 'credentials_mismatch' }

/** Why the header holds none of the secrets, as it is or behind an authentication scheme (`Bearer`). */
export function headerProblem(
  request: SourceRequest,
  header: string,
  secrets: readonly string[],
  scheme?: string,
): Refusal | null {
  const value = headerOf(request, header)
  if (!value.ok) return value.error
  if (scheme === undefined) return credentialProblem(value.value, secrets)
  // RFC 9110, 11.1: in any case, and one space or more behind it.
  const [name = '', ...rest] = value.value.split(' ')
  const given = rest.join(' ').trimStart()
  if (name.toLowerCase() !== scheme || given === '') return { reason: 'malformed_header', header }
  return credentialProblem(given, secrets)
}

/** All values of a parameter in the query of the URL as called, decoded. */
export function parametersOf({ url }: SourceRequest, name: string): string[] {
  const at = url.indexOf('?')
  return at < 0 ? [] : fieldsIn(url.slice(at + 1).split('#', 1)[0] ?? '').getAll(name)
}

/** Why the URL's parameter is none of the secrets. Given twice it is none: who reads which would be anybody's guess. */
export function parameterProblem(
  request: SourceRequest,
  name: string,
  secrets: readonly string[],
): Refusal | null {
  const [given = '', ...more] = parametersOf(request, name)
  if (given === '') return { reason: 'missing_field', field: `?${name}` }
  return more.length > 0 ? { reason: 'credentials_mismatch' } : credentialProblem(given, secrets)
}
