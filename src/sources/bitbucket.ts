import { keyFrom, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Type: `X-Event-Key` (`repo:push`). Dedupe: `X-Request-UUID`, which Bitbucket Data Center calls `X-Request-Id`. A hook
 * without a secret is not signed, and so never accepted.
 */
export const bitbucket = hmacSource({
  title: 'Bitbucket',
  documentation: 'https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/',
  signing: {
    header: 'x-hub-signature',
    encoding: 'lower-hex',
    prefix: 'sha256=',
    signed: ['body'],
  },
  typeIs: 'the header X-Event-Key',
  dedupeKeyIs: 'the header X-Request-UUID, or X-Request-Id of a Data Center',
  eventTypes: [
    'repo:push',
    'pullrequest:created',
    'pullrequest:fulfilled',
    'issue:created',
    'pr:opened',
  ],
  steps: [
    'Open the repository, then Repository settings, Webhooks, Add webhook.',
    "URL: this source's URL. Secret: the secret of this source.",
    'Choose the triggers and save.',
  ],
  read: ({ headers }) => ({
    type: typeFrom(headers.get('x-event-key')),
    dedupeKey: keyFrom(headers.get('x-request-uuid') ?? headers.get('x-request-id')),
  }),
})
