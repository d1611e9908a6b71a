import { keyFrom, textAt, typeFrom } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/**
 * Webhooks that an administrator makes. Those of Connect apps are signed in another way: `atlassian-connect`.
 * Type: the body's `webhookEvent`. Dedupe: `X-Atlassian-Webhook-Identifier`, the same in Jira's retries.
 */
export const jira = hmacSource({
  title: 'Jira',
  documentation: 'https://developer.atlassian.com/cloud/jira/platform/webhooks/',
  signing: {
    header: 'x-hub-signature',
    encoding: 'lower-hex',
    prefix: 'sha256=',
    signed: ['body'],
  },
  typeIs: '`webhookEvent` of the body',
  dedupeKeyIs: 'the header X-Atlassian-Webhook-Identifier',
  eventTypes: [
    'jira:issue_created',
    'jira:issue_updated',
    'jira:issue_deleted',
    'comment_created',
    'worklog_updated',
    'sprint_started',
  ],
  steps: [
    'Open Jira as an administrator, then Settings, System, WebHooks, Create a WebHook.',
    "URL: this source's URL. Secret: the secret of this source.",
    'Choose the events and save.',
  ],
  read: ({ headers }, json) => ({
    type: typeFrom(textAt(json, 'webhookEvent')),
    dedupeKey: keyFrom(headers.get('x-atlassian-webhook-identifier')),
  }),
})
