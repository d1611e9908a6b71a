import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

const timestampHeader = 'x-zendesk-webhook-signature-timestamp'

const preset = hmacSource({
  title: 'Zendesk',
  documentation: 'https://developer.zendesk.com/documentation/webhooks/verifying/',
  signing: {
    header: 'x-zendesk-webhook-signature',
    encoding: 'base64',
    signed: ['timestamp', 'body'],
  },
  time: { header: timestampHeader, unit: 'iso' },
  typeIs: '`type` of the body',
  dedupeKeyIs: 'the header X-Zendesk-Webhook-Invocation-Id',
  eventTypes: [
    'zen:event-type:ticket.created',
    'zen:event-type:ticket.status_changed',
    'zen:event-type:user.created',
    'zen:event-type:user.deleted',
    'zen:event-type:organization.created',
    'zen:event-type:article.published',
  ],
  steps: [
    'Open the Admin Center, then Apps and integrations, Webhooks, Create webhook.',
    "Subscribe to events, or connect the webhook to a trigger whose JSON has a `type`. Endpoint URL: this source's URL.",
    'Request format: JSON. Show the signing secret and copy it into this source.',
    'Until the webhook is created, tests are signed with a secret that is public: expect those to be refused.',
  ],
  read: ({ headers }, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(headers.get('x-zendesk-webhook-invocation-id')),
  }),
})

/**
 * Type: the body's `type`; a trigger writes its own body, and so may name none. Dedupe: the invocation's id, under
 * which Zendesk makes its attempts. The method is the webhook's to choose, and is not signed.
 */
export const zendesk = { ...preset, methods: ['POST', 'PUT', 'PATCH', 'DELETE'] }
