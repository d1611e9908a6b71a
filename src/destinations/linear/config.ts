import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'
import { cardFieldNames, cardFields } from '../mapping/card.ts'
import { Connected } from '../oauth-account.ts'

const id = z.string().regex(/^[\w-]{1,100}$/, 'an id')
export const LinearConfig = z
  .strictObject({
    /** A personal API key, or an app of OAuth in its place. */
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters, no spaces')
      .optional(),
    oauth: Connected.optional(),
    team_id: id,
    state_id: id.optional(),
    project_id: id.optional(),
    assignee_id: id.optional(),
    label_ids: z.array(id).max(50).default([]),
    priority: z.int().min(0).max(4).optional(),
    base_url: BaseUrl,
    mapping: mappingOf([
      ...cardFieldNames,
      'team_id',
      'state_id',
      'project_id',
      'assignee_id',
      'label_ids',
      'priority',
    ]),
  })
  .superRefine(({ api_key, oauth }, context) => {
    if ((api_key === undefined) === (oauth === undefined))
      context.addIssue({ code: 'custom', path: ['api_key'], message: 'Either a key or OAuth.' })
  })
export type LinearConfig = z.infer<typeof LinearConfig>

export const linearUrl = ({ base_url }: Pick<LinearConfig, 'base_url'>): string =>
  base_url ?? 'https://api.linear.app'

export const linearMapping: readonly MappingField[] = [
  ...cardFields,
  { name: 'team_id', is: 'the team of the issue: an id' },
  { name: 'state_id', is: 'its status: an id' },
  { name: 'project_id', is: 'its project: an id' },
  { name: 'assignee_id', is: 'who shall do it: the id of a user' },
  { name: 'label_ids', is: 'its labels: a list of ids' },
  { name: 'priority', is: '0 (none), 1 (urgent), 2, 3 or 4 (low)' },
]
