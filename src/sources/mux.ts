import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the body's `type`. Dedupe: its `id`, the same for each of the `attempts`. */
export const mux = hmacSource({
  title: 'Mux',
  documentation: 'https://www.mux.com/docs/core/verify-webhook-signatures',
  signing: {
    header: 'mux-signature',
    encoding: 'lower-hex',
    fields: { timestamp: 't', signature: 'v1' },
    signed: ['timestamp', utf8('.'), 'body'],
  },
  time: { unit: 's' },
  typeIs: '`type` of the body',
  dedupeKeyIs: '`id` of the body',
  eventTypes: [
    'video.asset.created',
    'video.asset.ready',
    'video.asset.errored',
    'video.upload.asset_created',
    'video.live_stream.active',
    'video.live_stream.idle',
  ],
  steps: [
    'Open the Mux dashboard, then Settings, Webhooks, and choose the environment.',
    "Create a webhook with this source's URL.",
    'Show the signing secret and copy it into this source.',
  ],
  read: (_request, json) => ({
    type: typeFrom(textAt(json, 'type')),
    dedupeKey: keyFrom(textAt(json, 'id')),
  }),
})
