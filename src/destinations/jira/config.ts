import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'
import { cardFieldNames, cardFields } from '../mapping/card.ts'

const name = z.string().min(1).max(255)

export const JiraConfig = z
  .strictObject({
    base_url: z.nonoptional(BaseUrl),
    email: z.string().regex(/^[^\s:]{3,254}$/, 'an e-mail address'),
    api_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters, no spaces'),
    action: z.enum(['issue', 'transition', 'comment']).default('issue'),
    /** Its key, or its id. */
    project: name.optional(),
    issue_type: name.default('Task'),
    labels: z
      .array(z.string().regex(/^\S{1,255}$/, 'no spaces'))
      .max(20)
      .default([]),
    /** By which a retry finds what it has made. `false` for projects that have no labels: then an issue may be made twice. */
    delivery_label: z.boolean().default(true),
    /** The name of a transition or of the status that it leads to, or a transition's id. */
    transition: name.optional(),
    mapping: mappingOf([
      ...cardFieldNames,
      'issue',
      'project',
      'issue_type',
      'transition',
      'labels',
      'jira_fields',
    ]),
  })
  .superRefine(({ action, project, transition, mapping }, context) => {
    const missing = (path: string) =>
      context.addIssue({ code: 'custom', path: [path], message: `This action needs ${path}.` })
    if (action === 'issue' && project === undefined && mapping.project === undefined)
      missing('project')
    if (action === 'transition' && transition === undefined && mapping.transition === undefined)
      missing('transition')
  })
export type JiraConfig = z.infer<typeof JiraConfig>

export const jiraMapping: readonly MappingField[] = [
  ...cardFields,
  { name: 'issue', is: 'the issue to move or to comment on: its key or id, like OPS-12' },
  { name: 'project', is: 'the project of a new issue: its key or id' },
  { name: 'issue_type', is: 'the type of a new issue: its name or id' },
  { name: 'transition', is: 'where to move the issue: a transition or status by name, or an id' },
  { name: 'labels', is: 'a list of labels without spaces' },
  { name: 'jira_fields', is: 'more fields of a new issue, as Jira takes them' },
]
