import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import { HookUrl, isPrivate } from '../hook-url.ts'
import { cardFieldNames } from '../mapping/card.ts'

const visible = z.string().regex(/^[\x21-\x7e]{1,4096}$/, 'visible ASCII characters without spaces')

const hook = /^https:\/\/hooks\.slack(?:-gov)?\.com\/services\/[^?#]+$/

/** An incoming webhook, or a bot of an app that says where to post. */
export const SlackConfig = z
  .strictObject({
    webhook_url: HookUrl.optional(),
    token: visible.optional(),
    channel: z.string().min(1).max(255).optional(),
    /** `update`: the message at the mapping's `ts` is changed instead of a new one posted. */
    mode: z.enum(['post', 'update']).default('post'),
    /** The app whose consent the token comes from. */
    oauth: z.strictObject({ client_id: visible, client_secret: visible }).optional(),
    base_url: BaseUrl,
    mapping: mappingOf([...cardFieldNames, 'blocks', 'thread_ts', 'channel', 'ts']),
  })
  .superRefine((config, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    const { webhook_url, token, channel, mode, oauth, base_url, mapping } = config
    if (webhook_url === undefined) {
      if (token === undefined && oauth === undefined)
        wrong('webhook_url', 'Give "webhook_url", or "token" (or "oauth") with "channel".')
      else if (channel === undefined && mapping.channel === undefined)
        wrong('channel', 'A bot needs a channel to post to.')
      return
    }
    for (const [name, value] of Object.entries({ token, oauth, channel }))
      if (value !== undefined) wrong(name, 'An incoming webhook has its own.')
    if (mode === 'update') wrong('mode', 'An incoming webhook cannot change a message: use a bot.')
    if (base_url === undefined && !hook.test(webhook_url) && !isPrivate(webhook_url))
      wrong('webhook_url', 'must be like https://hooks.slack.com/services/T…/B…/…')
  })
export type SlackConfig = z.infer<typeof SlackConfig>
