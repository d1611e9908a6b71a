/** An empty 200, for senders that count nothing else as delivered or that would show what is said. */
export const plainOk = (): Response => new Response(null, { status: 200 })

/** A challenge sent back as text, which no browser takes for a page. */
export const echo = (challenge: string): Response =>
  new Response(challenge, {
    headers: { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' },
  })
