import { keyFrom, textAt, withAction } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

/** The body is an entry of the audit log. Type: its `kind` (`flag`), with the first action after a dot. Dedupe: its `_id`. */
export const launchdarkly = hmacSource({
  title: 'LaunchDarkly',
  documentation: 'https://launchdarkly.com/docs/home/infrastructure/webhooks',
  signing: { header: 'x-ld-signature', encoding: 'lower-hex', signed: ['body'] },
  typeIs: '`kind` of the body, with `accesses[0].action` after a dot',
  dedupeKeyIs: '`_id` of the body',
  eventTypes: [
    'flag.createFlag',
    'flag.updateOn',
    'flag.updateRules',
    'flag.deleteFlag',
    'environment.updateName',
  ],
  steps: [
    'Open LaunchDarkly, then Organization settings, Integrations, Webhooks, Add integration.',
    "URL: this source's URL. Check Sign this webhook.",
    'Copy the secret into this source, and save.',
  ],
  read: (_request, json) => ({
    type: withAction(textAt(json, 'kind') ?? null, textAt(json, 'accesses', 0, 'action')),
    dedupeKey: keyFrom(textAt(json, '_id')),
  }),
})
