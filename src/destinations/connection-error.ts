/** What Node calls it (`error.cause.code`), and what we say. workerd tells causes apart by text only. */
const sentences: Record<string, string> = {
  ENOTFOUND: 'The host name of the receiver does not resolve.',
  EAI_AGAIN: 'The host name of the receiver does not resolve.',
  ECONNREFUSED: 'The receiver refused the connection.',
  ECONNRESET: 'The connection was cut before an answer came.',
  UND_ERR_SOCKET: 'The connection was cut before an answer came.',
  EHOSTUNREACH: 'There is no way to the receiver.',
  ENETUNREACH: 'There is no way to the receiver.',
  CERT_HAS_EXPIRED: 'The TLS certificate of the receiver has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The TLS certificate of the receiver is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The TLS certificate of the receiver is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The TLS certificate of the receiver is not trusted.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The TLS certificate of the receiver is made out to another host name.',
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

/** A sentence for the destination's owner. What the runtime said stays inside. */
export function connectionSentence(error: unknown): string {
  const code = codeOf(error)
  return (
    (Object.hasOwn(sentences, code) ? sentences[code] : undefined) ??
    'The connection to the receiver failed before an answer came.'
  )
}
