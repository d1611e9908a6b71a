import type { Json } from '../model/json.ts'
import type { OutgoingRequest } from './destination.ts'
import { jsonBytes } from './mapping/well-formed.ts'

/** A call of a JSON API; without a body it is a GET. Its `authorization` is masked, and what `secretHeaders` name. */
export function jsonRequest(
  url: string,
  headers: Record<string, string>,
  body: Json | null,
  more: { secretHeaders?: readonly string[]; token?: string; readBytes?: number } = {},
): OutgoingRequest {
  return {
    url,
    method: body === null ? 'GET' : 'POST',
    headers: new Headers({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'Switchyard/1',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...headers,
    }),
    body: body === null ? null : jsonBytes(body),
    ...more,
    secretHeaders: ['authorization', ...(more.secretHeaders ?? [])],
  }
}
