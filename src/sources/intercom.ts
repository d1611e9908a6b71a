import { keyFrom, textAt, typeFrom } from './payload.ts'
import { headProbe } from './schemes/head-probe.ts'
import { hmacSource } from './schemes/hmac-source.ts'
import { defineSource } from './source.ts'

const signed = hmacSource({
  title: 'Intercom',
  documentation: 'https://developers.intercom.com/docs/webhooks/webhook-notifications',
  signing: { header: 'x-hub-signature', encoding: 'lower-hex', prefix: 'sha1=', signed: ['body'] },
  algorithm: 'sha1',
  typeIs: '`topic` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: [
    'conversation.user.created',
    'conversation.user.replied',
    'conversation.admin.closed',
    'contact.user.created',
    'ticket.created',
    'ping',
  ],
  steps: [
    'Open the Intercom Developer Hub, choose the app, then Webhooks.',
    "Endpoint URL: this source's URL. Choose the topics and save.",
    "Copy the app's client secret (Basic information) into this source.",
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'topic')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
})

/**
 * Type: the body's `topic`. Dedupe: its `id`, the same in Intercom's retries, whose bodies differ in `delivery_attempts`. A
 * `ping` has none. Signed with SHA-1: Intercom knows nothing else.
 */
export const intercom = defineSource({ ...signed, handshake: headProbe })
