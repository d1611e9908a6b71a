import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `type`. Dedupe: its `id`, that of the delivery. Vercel signs with SHA-1, whatever some tables say. */
export const vercel = hmacSource({
  title: 'Vercel',
  documentation: 'https://vercel.com/docs/webhooks/webhooks-api',
  signing: { header: 'x-vercel-signature', encoding: 'lower-hex', signed: ['body'] },
  algorithm: 'sha1',
  typeIs: '`type` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: [
    'deployment.created',
    'deployment.succeeded',
    'deployment.error',
    'deployment.canceled',
    'project.created',
    'project.removed',
  ],
  steps: [
    'Open the Vercel team, then Settings, Webhooks.',
    "Choose events and projects. Endpoint URL: this source's URL. Create the webhook.",
    'Copy the secret, which Vercel shows once, into this source. For an integration: its client secret.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
})
