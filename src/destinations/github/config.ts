import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'
import { cardFieldNames, cardFields } from '../mapping/card.ts'
import { isPrivateKeyPem } from '../oauth/jwt.ts'

const label = z.string().min(1).max(50)

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app */
const App = z.strictObject({
  /** The app's id, or its client id. */
  app_id: z.string().regex(/^[A-Za-z0-9.]{1,100}$/),
  installation_id: z.string().regex(/^\d{1,20}$/),
  private_key: z.string().max(10_000).refine(isPrivateKeyPem, 'a private key in PEM'),
})
export type App = z.infer<typeof App>

export const GithubConfig = z
  .strictObject({
    /** A personal access token, or an app in its place. */
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters, no spaces')
      .optional(),
    app: App.optional(),
    owner: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
    repo: z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/),
    action: z.enum(['repository_dispatch', 'issue', 'comment']).default('repository_dispatch'),
    labels: z.array(label).max(100).default([]),
    /** The issue or pull request to comment on, where the mapping names none. */
    issue_number: z.int().min(1).optional(),
    /** Another server than github.com: `https://github.example.com/api/v3`. */
    base_url: BaseUrl,
    mapping: mappingOf([
      ...cardFieldNames,
      'event_type',
      'client_payload',
      'labels',
      'issue_number',
    ]),
  })
  .superRefine(({ token, app }, context) => {
    if ((token === undefined) === (app === undefined))
      context.addIssue({ code: 'custom', path: ['token'], message: 'Either a token or an app.' })
  })
export type GithubConfig = z.infer<typeof GithubConfig>

export const githubMapping: readonly MappingField[] = [
  ...cardFields,
  {
    name: 'event_type',
    is: 'what a repository_dispatch is called: a text of up to 100 characters',
  },
  { name: 'client_payload', is: 'what it carries: an object of up to 10 members and 64 kB' },
  { name: 'labels', is: 'the labels of a new issue: a list of texts' },
  { name: 'issue_number', is: 'the issue or pull request to comment on: a number' },
]
