import { keyFrom, textAt, withAction } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Type: `Sentry-Hook-Resource`, with the body's `action` after a dot. Dedupe: `Request-ID`. `Sentry-Hook-Timestamp` is not
 * signed, and so not looked at. What is signed are the bytes as sent, not the JSON written anew as in Sentry's example.
 */
export const sentry = hmacSource({
  title: 'Sentry',
  documentation: 'https://docs.sentry.io/organization/integrations/integration-platform/webhooks/',
  signing: { header: 'sentry-hook-signature', encoding: 'lower-hex', signed: ['body'] },
  typeIs: "the header Sentry-Hook-Resource, with the body's `action` after a dot",
  dedupeKeyIs: 'the header Request-ID',
  eventTypes: [
    'installation.created',
    'issue.created',
    'issue.resolved',
    'error.created',
    'event_alert.triggered',
    'metric_alert.critical',
  ],
  steps: [
    'Open Sentry, then Settings, Developer Settings, Custom Integrations, and create or choose an integration.',
    "Webhook URL: this source's URL. Turn on Alert Rule Action or choose webhook resources.",
    "Copy the integration's client secret into this source.",
  ],
  read: ({ headers }, json) => ({
    type: withAction(headers.get('sentry-hook-resource'), textAt(json, 'action')),
    dedupeKey: keyFrom(headers.get('request-id')),
  }),
})
