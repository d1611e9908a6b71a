import { defineDestination } from './destination.ts'
import { githubUrl } from './github/calls.ts'
import { GithubConfig, githubMapping } from './github/config.ts'
import { dispatch } from './github/dispatch.ts'
import { comment, makeIssue } from './github/issues.ts'

const actions = { repository_dispatch: dispatch, issue: makeIssue, comment }

/** https://docs.github.com/en/rest */
export const github = defineDestination({
  title: 'GitHub',
  description:
    'Starts workflows by repository_dispatch, makes an issue of each event, or comments on an issue or pull request. GitHub ' +
    'knows no idempotency keys. Issues and comments carry a hidden mark, and a retry looks through the newest ones before ' +
    'it writes; only where hundreds were written meanwhile may there be two. A repository_dispatch cannot be looked for: ' +
    'after an unknown outcome it may come twice, with the same "id" in its client_payload.',
  config: GithubConfig,
  secrets: ['token', 'app.private_key'],
  signing: () => null,
  // "No more than 80 content-generating requests per minute": rate-limits-for-the-rest-api, "About secondary rate limits".
  rateLimit: { limit: 80, per: 'minute' },
  addresses: (config) => [{ path: 'base_url', url: githubUrl(config) }],
  steps: [
    'Make a fine-grained personal access token for the repository at https://github.com/settings/personal-access-tokens, or use a GitHub App that is installed there.',
    'Give it "Contents: read and write" for repository_dispatch, or "Issues: read and write" (on pull requests "Pull requests") for issues and comments.',
    'Of an app, enter its id, the id of its installation, and a private key as GitHub made it (PEM).',
    'For repository_dispatch, the workflow must be on the default branch: on: repository_dispatch: types: [video.generated].',
  ],
  mapping: githubMapping,
  converse: (message, target, talk) => actions[target.config.action](message, target, talk),
})
