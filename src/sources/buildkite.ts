import { utf8 } from '../signing/bytes.ts'
import { bodyDigest, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** The plain X-Buildkite-Token is never taken for a proof. Type: `event` of the body, which is signed. Dedupe: the body's digest. */
export const buildkite = hmacSource({
  title: 'Buildkite',
  documentation: 'https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature',
  signing: {
    header: 'x-buildkite-signature',
    encoding: 'lower-hex',
    fields: { timestamp: 'timestamp', signature: 'signature' },
    signed: ['timestamp', utf8('.'), 'body'],
  },
  time: { unit: 's' },
  proofHeaders: ['x-buildkite-token'],
  typeIs: '`event` of the body',
  dedupeKeyIs: 'the digest of the body',
  eventTypes: [
    'build.scheduled',
    'build.running',
    'build.finished',
    'job.finished',
    'agent.connected',
    'ping',
  ],
  steps: [
    'Open the organization settings in Buildkite, then Notification Services, Webhook, Add.',
    "Webhook URL: this source's URL. Choose the events and pipelines.",
    'Token: choose to send an HMAC signature in X-Buildkite-Signature, and copy the token into this source.',
  ],
  read: ({ body }, json) => ({
    type: typeFrom(textAt(json, 'event')),
    dedupeKey: bodyDigest(body),
  }),
})
