import { isJsonObject, parseJson } from '../../model/json.ts'
import type { Json } from '../../model/json.ts'
import { err, ok } from '../../model/result.ts'
import type { Result } from '../../model/result.ts'
import { utf8 } from '../../signing/bytes.ts'
import { toBase64 } from '../../signing/encodings.ts'
import { readBounded } from '../bounded-body.ts'
import { late, startDeadline } from '../deadline.ts'
import type { World } from '../destination.ts'
import type { Grant, OAuthClient } from './grant.ts'
import { formOf } from './grant.ts'

const deadlineMs = 10_000
const maxAnswerBytes = 16_384

/** RFC 6749 5.2. Others are not repeated: what a token endpoint says may be what it was told. */
const knownErrors = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)

function requestOf(
  { id, secret, auth }: OAuthClient,
  grant: Grant,
  fields: Record<string, string>,
): { headers: Headers; body: string } {
  const form = new URLSearchParams(fields)
  const headers = new Headers({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'Switchyard/1',
  })
  if (auth === 'basic' && secret !== null) {
    // Encoded first: RFC 6749 2.3.1.
    const pair = `${formEncoded(id)}:${formEncoded(secret)}`
    headers.set('authorization', `Basic ${toBase64(utf8(pair))}`)
  } else if (grant.type !== 'jwt_bearer') {
    // An assertion names its client itself: RFC 7521 4.2.
    form.set('client_id', id)
    if (secret !== null) form.set('client_secret', secret)
  }
  return { headers, body: form.toString() }
}

function refusal(status: number, answer: Json | undefined): string {
  const code = isJsonObject(answer) ? answer['error'] : undefined
  const known = knownErrors.find((one) => one === code)
  return `The token endpoint answered ${status}${known === undefined ? '' : ` (${known})`}.`
}

/**
 * The JSON that a token endpoint answers a grant with; the error is a sentence without secrets. It follows no redirect, and takes
 * no more than 10 s and 16 KiB. The caller has put `client.tokenUrl` to the address guard.
 */
export async function askForToken(
  client: OAuthClient,
  grant: Grant,
  { fetch, now }: Pick<World, 'fetch' | 'now'>,
): Promise<Result<Json, string>> {
  const fields = await formOf(grant, now())
  if (!fields.ok) return fields
  const deadline = startDeadline(deadlineMs)
  try {
    const asked = fetch(client.tokenUrl, {
      method: 'POST',
      ...requestOf(client, grant, fields.value),
      redirect: 'manual',
      signal: deadline.signal,
    })
    const response = await deadline.race(asked)
    if (response === late) return err('The token endpoint did not answer within 10 s.')
    const { bytes, truncated } = await readBounded(response, maxAnswerBytes, deadline)
    const answer = truncated ? undefined : parseJson(bytes)
    if (response.status !== 200) return err(refusal(response.status, answer))
    return answer === undefined
      ? err('The token endpoint answered without a bearer token.')
      : ok(answer)
  } catch {
    return err('The connection to the token endpoint failed.')
  } finally {
    deadline.end()
  }
}
