import { randomUUID } from 'node:crypto'
import examples from '@octokit/webhooks-examples' with { type: 'json' }
import { sign } from '@octokit/webhooks-methods'
import { Stripe } from 'stripe'

export interface Signed {
  body: string
  headers: Record<string, string>
}

/** A push as GitHub sent it, signed by GitHub's own library. */
export async function githubPush(secret: string): Promise<Signed> {
  const push = examples.find(({ name }) => name === 'push')?.examples[0]
  const body = JSON.stringify(push)
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': await sign(secret, body),
    },
  }
}

/** A paid invoice, signed by Stripe's own library. */
export function stripeInvoice(secret: string): Signed {
  const payload = JSON.stringify({
    id: 'evt_1SwitchyardDemo',
    object: 'event',
    type: 'invoice.paid',
    data: { object: { id: 'in_1SwitchyardDemo', object: 'invoice', amount_paid: 4200 } },
  })
  const { webhooks } = new Stripe('sk_test_unused')
  const signature = webhooks.generateTestHeaderString({ payload, secret })
  return {
    body: payload,
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
  }
}
