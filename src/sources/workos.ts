import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `event`. Dedupe: its `id`. The header has a space behind its comma: `t=…, v1=…`. */
export const workos = hmacSource({
  title: 'WorkOS',
  documentation: 'https://workos.com/docs/events/data-syncing/webhooks',
  signing: {
    header: 'workos-signature',
    encoding: 'lower-hex',
    fields: { timestamp: 't', signature: 'v1' },
    trim: true,
    signed: ['timestamp', utf8('.'), 'body'],
  },
  time: { unit: 'ms', toleranceS: 180 },
  typeIs: '`event` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: [
    'user.created',
    'user.updated',
    'organization.created',
    'organization_membership.created',
    'connection.activated',
    'dsync.user.created',
    'dsync.user.deleted',
    'session.created',
  ],
  steps: [
    'Open the WorkOS dashboard, then Webhooks, Create webhook.',
    "Endpoint URL: this source's URL. Choose the events.",
    'Copy the signing secret into this source.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'event')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
  accepted: () => new Response(),
})
