import { masked } from '../model/secret-paths.ts'

/** Headers that hold a credential by custom, whatever the provider. */
const credentials =
  /^(?:authorization|proxy-authorization|cookie|x-api-key|.*(?:token|secret|password|api-?key).*)$/

/** Headers of the way through the edge, which say nothing about the event. */
const transport = /^(?:cf-.*|x-forwarded-.*|x-real-ip|connection|host)$/

/**
 * The end of a Basic credential is the end of the password, however short that is. A scheme's name
 * makes no short token long enough to show its end.
 */
const maskedCredential = (value: string): string =>
  masked(/^basic\s/i.test(value) ? '' : value.replace(/^\S+\s+/, ''))

/** A request's headers as they may be kept: lower case, credentials masked. */
export function maskedHeaders(
  headers: Headers,
  proofHeaders: readonly string[],
): Record<string, string> {
  const kept: Record<string, string> = {}
  // One call into the runtime, where iterating would be one for each header.
  headers.forEach((value, name) => {
    if (transport.test(name)) return
    const isSecret = proofHeaders.includes(name) || credentials.test(name)
    kept[name] = isSecret ? maskedCredential(value) : value
  })
  return kept
}
