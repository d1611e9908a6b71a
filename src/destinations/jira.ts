import { defineDestination } from './destination.ts'
import { JiraConfig, jiraMapping } from './jira/config.ts'
import { makeIssue } from './jira/issue.ts'
import { comment, transition } from './jira/on-issue.ts'

const actions = { issue: makeIssue, transition, comment }

/** Jira Cloud: https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ */
export const jira = defineDestination({
  title: 'Jira',
  description:
    'Makes an issue of each event, or comments on one, or moves one. Jira knows no idempotency keys: a retry first looks for ' +
    'the label of its delivery (issues), for its comment, or at the status. Search sees a new issue some seconds to minutes ' +
    'late, so a retry after an unknown outcome waits a minute; where Jira takes longer, an issue may be made twice. With ' +
    '"delivery_label" off it may always be. A retry of a move by transition id may be refused though the move was made.',
  config: JiraConfig,
  secrets: ['api_token'],
  signing: () => null,
  // Atlassian publishes none: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
  rateLimit: null,
  addresses: ({ base_url }) => [{ path: 'base_url', url: base_url }],
  steps: [
    'Sign in as the user who shall appear as the author; it needs "Browse projects" and what the action does.',
    'Make an API token at https://id.atlassian.com/manage-profile/security/api-tokens and enter it with the e-mail address of the user.',
    'Enter the URL of your site as base_url, like https://example.atlassian.net.',
    'For new issues, enter the key of the project, and see that its create screen has the field "Labels".',
  ],
  mapping: jiraMapping,
  converse: (message, target, talk) => actions[target.config.action](message, target, talk),
})
