import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'

export const visible = z
  .string()
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')

const Auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('private_app'), token: visible }),
  z.strictObject({
    type: z.literal('oauth'),
    client_id: visible,
    client_secret: visible,
    /** Comes by consent, where it is not given. */
    refresh_token: visible.optional(),
  }),
])

const internalName = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'an internal name or id')

export const hubspotMapping: readonly MappingField[] = [
  { name: 'email', is: 'the contact: an e-mail address; needed for contacts and timeline events' },
  { name: 'first_name', is: 'of the contact: a text' },
  { name: 'last_name', is: 'of the contact: a text' },
  { name: 'phone', is: 'of the contact: a text' },
  { name: 'company', is: 'of the contact: a text' },
  { name: 'name', is: 'of the deal: a text, cut at 65,536 characters' },
  { name: 'amount', is: 'of the deal: a number' },
  { name: 'close_date', is: 'of the deal: a date like 2026-11-20, or a time' },
  { name: 'pipeline', is: 'of the deal: its id' },
  { name: 'stage', is: 'of the deal: its id' },
  { name: 'description', is: 'of the deal: a text, cut at 65,536 characters' },
  { name: 'properties', is: 'more properties of the contact or deal: an object by internal names' },
  { name: 'tokens', is: 'of the timeline event’s template: an object by names' },
]

export const HubspotConfig = z
  .strictObject({
    auth: Auth,
    action: z.enum(['contact', 'deal', 'timeline_event']).default('contact'),
    /** Of deals: what a new account has. */
    pipeline: internalName.default('default'),
    stage: internalName.default('appointmentscheduled'),
    event_template_id: internalName.optional(),
    base_url: BaseUrl,
    mapping: mappingOf([
      'email',
      'first_name',
      'last_name',
      'phone',
      'company',
      'name',
      'amount',
      'close_date',
      'pipeline',
      'stage',
      'description',
      'properties',
      'tokens',
    ]),
  })
  .superRefine(({ auth, action, event_template_id }, context) => {
    if (action !== 'timeline_event') return
    if (event_template_id === undefined) {
      context.addIssue({ code: 'custom', path: ['event_template_id'], message: 'required' })
    }
    if (auth.type !== 'oauth') {
      const message = 'timeline events belong to an app: "oauth"'
      context.addIssue({ code: 'custom', path: ['auth', 'type'], message })
    }
  })
export type HubspotConfig = z.infer<typeof HubspotConfig>

export const apiOf = ({ base_url }: HubspotConfig): string => base_url ?? 'https://api.hubapi.com'
