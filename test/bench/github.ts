import { createHmac, randomUUID } from 'node:crypto'

export interface SignedPush {
  headers: Record<string, string>
  body: string
}

interface Wanted {
  bytes?: number
  /** When it was sent, for the receiver to tell how long it took. */
  sentUs?: number
  /** `X-GitHub-Delivery`, which the signature does not cover. */
  delivery?: string
}

/**
 * A push of `bytes` (1 KB unless told) as GitHub sends and signs it:
 * https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function signedPush(
  secret: string,
  { bytes = 1024, sentUs = 0, delivery = randomUUID() }: Wanted = {},
): SignedPush {
  const push = {
    sent_us: sentUs,
    ref: 'refs/heads/main',
    before: '6113728f27ae82c7b1a177c8d03f9e96e0adf246',
    after: '59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5',
    repository: { id: 17_273_051, full_name: 'octo-org/octo-repo', private: true },
    pusher: { name: 'octocat', email: 'octocat@github.com' },
    head_commit: { message: '' },
  }
  push.head_commit.message = '.'.repeat(Math.max(0, bytes - JSON.stringify(push).length))
  const body = JSON.stringify(push)
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': 'push',
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  }
}

/** The time that `signedPush` wrote at the beginning of a body. */
export const sentUsOf = (body: Buffer): number | null => {
  const found = /^\{"sent_us":(\d+)/.exec(body.toString('latin1', 0, 40))
  return found === null ? null : Number(found[1])
}

/** A new `X-GitHub-Delivery` for every post of a flood. */
export const everNew = '[<id>]'
