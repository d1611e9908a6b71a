import { keyFrom, textAt, withAction } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** Type: the entity that was subscribed to (`api:release`), with the action after a dot. Dedupe: the delivery's id, the same in all its attempts. */
export const heroku = hmacSource({
  title: 'Heroku',
  documentation: 'https://devcenter.heroku.com/articles/app-webhooks#securing-webhook-requests',
  signing: { header: 'heroku-webhook-hmac-sha256', encoding: 'base64', signed: ['body'] },
  typeIs: '`webhook_metadata.event.include` of the body, with its `action` after a dot',
  dedupeKeyIs: '`webhook_metadata.delivery.id` of the body',
  eventTypes: [
    'api:release.create',
    'api:release.update',
    'api:build.update',
    'api:addon.create',
    'api:formation.update',
    'dyno.create',
  ],
  steps: [
    'Open the app in the Heroku dashboard, then More, View webhooks, Create webhook.',
    "Payload URL: this source's URL. Choose the event types, and the level sync for retries.",
    'Secret: the secret of this source.',
  ],
  read: (_request, json) => ({
    type: withAction(
      textAt(json, 'webhook_metadata', 'event', 'include') ?? textAt(json, 'resource') ?? null,
      textAt(json, 'action'),
    ),
    dedupeKey: keyFrom(textAt(json, 'webhook_metadata', 'delivery', 'id')),
  }),
})
