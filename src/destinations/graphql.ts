/** GraphQL over HTTP: one POST, and an answer whose status says little. https://spec.graphql.org/draft/#sec-Response-Format */

import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { OutgoingRequest } from './destination.ts'
import { textAt } from './mapping/look.ts'
import { jsonBytes } from './mapping/well-formed.ts'

/** A query or mutation as a POST; `headers` hold the credentials, named in `secretHeaders`. */
export function graphqlRequest(
  url: string,
  headers: Record<string, string>,
  secretHeaders: readonly string[],
  operation: { query: string; variables: JsonObject },
  token?: string,
): OutgoingRequest {
  return {
    url,
    method: 'POST',
    headers: new Headers({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': 'Switchyard/1',
      ...headers,
    }),
    body: jsonBytes(operation),
    secretHeaders,
    ...(token === undefined ? {} : { token }),
  }
}

export interface GraphqlError {
  message: string
  /** `extensions.code`, `extensions.type` and the like: whatever the server says of it in a word. */
  codes: readonly string[]
  extensions: JsonObject
}

export interface GraphqlAnswer {
  data: Json
  errors: readonly GraphqlError[]
}

function errorOf(error: Json): GraphqlError {
  const found = isJsonObject(error) ? error['extensions'] : undefined
  const extensions = isJsonObject(found) ? found : {}
  const codes = [textAt(extensions, ['code']), textAt(extensions, ['type'])]
  return {
    message: textAt(error, ['message']) ?? '',
    codes: codes.filter((code) => code !== undefined),
    extensions,
  }
}

/** The answer's data and errors; `null` where the body is no GraphQL answer, whatever its status. */
export function graphqlAnswer(body: Uint8Array): GraphqlAnswer | null {
  const answer = parseJson(body)
  if (!isJsonObject(answer)) return null
  const { data, errors } = answer
  if (data === undefined && errors === undefined) return null
  // Shopify writes `errors` as a text where the request did not get as far as GraphQL.
  const list = Array.isArray(errors)
    ? errors
    : typeof errors === 'string'
      ? [{ message: errors }]
      : []
  return { data: data ?? null, errors: list.map(errorOf) }
}

/** The errors of an answer, with their codes; none where it is no GraphQL answer. */
export const graphqlErrors = (body: Uint8Array): readonly GraphqlError[] =>
  graphqlAnswer(body)?.errors ?? []
