import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'
import { cardFieldNames, cardFields } from '../mapping/card.ts'
import { Connected } from '../oauth-account.ts'

const x = z.number()
const y = z.number()
const vector = z.strictObject({ x, y })
const on = { node_id: z.string().min(1).max(200), node_offset: vector }
const area = {
  region_height: z.number().positive(),
  region_width: z.number().positive(),
  comment_pin_corner: z
    .enum(['top-left', 'top-right', 'bottom-left', 'bottom-right'])
    .default('bottom-right'),
}

/** Where a comment is pinned: `client_meta` of https://developers.figma.com/docs/rest-api/comments-endpoints */
export const ClientMeta = z.union([
  vector,
  z.strictObject(on),
  z.strictObject({ x, y, ...area }),
  z.strictObject({ ...on, ...area }),
])

export const hookEvents = [
  'PING',
  'FILE_UPDATE',
  'FILE_VERSION_UPDATE',
  'FILE_DELETE',
  'LIBRARY_PUBLISH',
  'FILE_COMMENT',
  'DEV_MODE_STATUS_UPDATE',
] as const

export const fileKey = /^[A-Za-z0-9]{1,128}$/

const mappingNames = [
  ...cardFieldNames,
  'message',
  'file_key',
  'client_meta',
  'event_type',
  'context',
  'context_id',
  'endpoint',
] as const

export const FigmaConfig = z
  .strictObject({
    /** A personal or plan access token, or an app of OAuth in its place. */
    token: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters, no spaces')
      .optional(),
    oauth: Connected.optional(),
    action: z.enum(['comment', 'webhook']).default('comment'),
    file_key: z.string().regex(fileKey).optional(),
    client_meta: ClientMeta.optional(),
    /** By which a retry finds its comment. */
    reference: z.boolean().default(true),
    event_type: z.enum(hookEvents).default('FILE_UPDATE'),
    context: z.enum(['team', 'project', 'file']).default('team'),
    context_id: z.string().min(1).max(200).optional(),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional(),
    /** What Figma sends back with each event, so that the endpoint knows it. */
    passcode: z.string().min(1).max(100).optional(),
    base_url: BaseUrl,
    mapping: mappingOf(mappingNames),
  })
  .superRefine((config, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((config.token === undefined) === (config.oauth === undefined))
      wrong('token', 'Either a token or OAuth.')
    const needed =
      config.action === 'comment'
        ? (['file_key'] as const)
        : (['context_id', 'endpoint', 'passcode'] as const)
    for (const name of needed) {
      const mapped = name !== 'passcode' && config.mapping[name] !== undefined
      if (config[name] === undefined && !mapped) wrong(name, `This action needs ${name}.`)
    }
  })
export type FigmaConfig = z.infer<typeof FigmaConfig>

export const figmaUrl = ({ base_url }: Pick<FigmaConfig, 'base_url'>): string =>
  base_url ?? 'https://api.figma.com'

export const figmaMapping: readonly MappingField[] = [
  ...cardFields,
  { name: 'message', is: 'the whole comment in place of title, text, fields and link: a text' },
  { name: 'file_key', is: 'the file to comment on: its key' },
  { name: 'client_meta', is: 'where the comment is pinned, as Figma takes it' },
  { name: 'event_type', is: 'what a webhook is for: FILE_UPDATE, FILE_COMMENT and so on' },
  { name: 'context', is: 'what a webhook hears: team, project or file' },
  { name: 'context_id', is: 'the id of that team, project or file' },
  { name: 'endpoint', is: 'where a webhook sends: an http(s) URL' },
]
