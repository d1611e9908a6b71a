import { defineDestination } from './destination.ts'
import { LinearConfig, linearMapping, linearUrl } from './linear/config.ts'
import { makeIssue } from './linear/issue.ts'
import { learnedToken } from './oauth-account.ts'

/** https://linear.app/developers/graphql */
export const linear = defineDestination({
  title: 'Linear',
  description:
    'Makes an issue of each event. Its id follows from the delivery, and Linear takes an id only once: a retry makes no second ' +
    'issue.',
  config: LinearConfig,
  secrets: ['api_key', 'oauth.client_secret', 'oauth.refresh_token'],
  signing: () => null,
  // https://linear.app/developers/rate-limiting
  rateLimit: { limit: 2500, per: 'hour' },
  addresses: (config) => [{ path: 'base_url', url: linearUrl(config) }],
  steps: [
    'Make a personal API key at https://linear.app/settings/account/security, with the permission to create issues; or make an OAuth application at https://linear.app/settings/api/applications/new and connect its account here.',
    'Enter the id of the team: in Linear, open the team, press Cmd/Ctrl+K and choose "Copy model UUID".',
    'If you like, enter the ids of a status, a project, labels and an assignee, and a priority from 0 (none) and 1 (urgent) to 4 (low).',
  ],
  mapping: linearMapping,
  // https://linear.app/developers/oauth-2-0-authentication
  consent: ({ oauth, base_url }) =>
    oauth === undefined
      ? null
      : {
          authorizeUrl: `${base_url ?? 'https://linear.app'}/oauth/authorize`,
          tokenUrl: `${linearUrl({ base_url })}/oauth/token`,
          clientId: oauth.client_id,
          clientSecret: oauth.client_secret,
          scopes: ['read', 'issues:create'],
          scopeSeparator: ',',
          pkce: true,
          clientAuth: 'body',
          extra: { prompt: 'consent' },
          learned: learnedToken,
        },

  converse: makeIssue,
})
