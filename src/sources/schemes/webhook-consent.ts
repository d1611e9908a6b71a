import type { SourceRequest } from '../source.ts'

const origin = /^[\w.*:-]{1,253}$/

/**
 * The answer to a sender that asks whether it may send: both headers, or neither. A callback that the request may name is
 * left alone, for anybody could name anything there. `null`: it does not ask.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export function consentTo(
  { method, headers }: SourceRequest,
  allowed: readonly string[],
  rate?: number,
): Response | null {
  const asked = headers.get('webhook-request-origin')
  if (method !== 'OPTIONS' || asked === null || !origin.test(asked)) return null
  const granted = allowed.includes('*') || allowed.includes(asked.toLowerCase())
  if (!granted) return new Response(null, { status: 403, headers: { allow: 'POST' } })
  return new Response(null, {
    headers: {
      allow: 'POST',
      'webhook-allowed-origin': asked,
      'webhook-allowed-rate': rate === undefined ? '*' : String(rate),
    },
  })
}
