import { defineDestination } from './destination.ts'
import { comment } from './figma/comment.ts'
import { FigmaConfig, figmaMapping, figmaUrl } from './figma/config.ts'
import { registerWebhook } from './figma/webhook.ts'
import { learnedToken } from './oauth-account.ts'

const actions = { comment, webhook: registerWebhook }

/** https://developers.figma.com/docs/rest-api/ */
export const figma = defineDestination({
  title: 'Figma',
  description:
    'Comments on a file, or registers a webhook. Figma knows no idempotency keys: a comment ends with the id of its delivery, ' +
    'by which a retry finds it; with "reference" off it may be written twice after an unknown outcome. A webhook is registered ' +
    'only where its team, project or file has none for the same event and endpoint.',
  config: FigmaConfig,
  secrets: ['token', 'oauth.client_secret', 'oauth.refresh_token', 'passcode'],
  signing: () => null,
  // Tier 2 for a Dev or Full seat of a Professional plan: https://developers.figma.com/docs/rest-api/rate-limits
  rateLimit: { limit: 25, per: 'minute' },
  addresses: (config) => [{ path: 'base_url', url: figmaUrl(config) }],
  steps: [
    'In Figma, open Settings, Security, and make a personal access token with the scopes file_comments:write and file_comments:read (for webhooks: webhooks:write and webhooks:read); or make an OAuth app at https://www.figma.com/developers/apps and connect its account here.',
    'For comments, enter the key of the file: in https://www.figma.com/design/KEY/… it is what stands for KEY.',
    'For a webhook, enter what it is for (a team, project or file, by id), the event, the endpoint and a passcode of your own.',
  ],
  mapping: figmaMapping,
  // https://developers.figma.com/docs/rest-api/authentication
  consent: (config) =>
    config.oauth === undefined
      ? null
      : {
          authorizeUrl: `${config.base_url ?? 'https://www.figma.com'}/oauth`,
          tokenUrl: `${figmaUrl(config)}/v1/oauth/token`,
          clientId: config.oauth.client_id,
          clientSecret: config.oauth.client_secret,
          scopes:
            config.action === 'comment'
              ? ['file_comments:read', 'file_comments:write']
              : ['webhooks:read', 'webhooks:write'],
          pkce: true,
          clientAuth: 'basic',
          learned: learnedToken,
        },
  converse: (message, target, talk) => actions[target.config.action](message, target, talk),
})
