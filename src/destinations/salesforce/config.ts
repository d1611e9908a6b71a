import * as z from 'zod'
import { mappingOf } from '../../model/mapping.ts'
import { BaseUrl } from '../base-url.ts'
import type { MappingField } from '../destination.ts'
import { isPrivateKeyPem } from '../oauth/jwt.ts'

const visible = z
  .string()
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')

const Auth = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('client_credentials'),
    client_id: visible,
    client_secret: visible,
  }),
  z.strictObject({
    type: z.literal('jwt_bearer'),
    client_id: visible,
    private_key: z
      .string()
      .max(16_384)
      .refine(isPrivateKeyPem, 'an RSA private key in PEM (-----BEGIN PRIVATE KEY-----)'),
    username: z.string().min(1).max(255),
    audience: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .optional(),
  }),
  z.strictObject({
    type: z.literal('refresh_token'),
    client_id: visible,
    client_secret: visible,
    /** Comes by consent, where it is not given. */
    refresh_token: visible.optional(),
  }),
])

export const salesforceMapping: readonly MappingField[] = [
  {
    name: 'external_id',
    is: 'the value of the external id field: a text of at most 255 characters',
  },
  { name: 'first_name', is: 'of a lead: a text, cut at 40 characters' },
  { name: 'last_name', is: 'of a lead: a text, cut at 80 characters' },
  { name: 'company', is: 'of a lead: a text, cut at 255 characters' },
  { name: 'email', is: 'of a lead: an e-mail address of at most 80 characters' },
  { name: 'phone', is: 'of a lead: a text, cut at 40 characters' },
  { name: 'title', is: 'of a lead: a text, cut at 128 characters' },
  { name: 'lead_source', is: 'of a lead: a text, cut at 40 characters' },
  { name: 'name', is: 'of an opportunity: a text, cut at 120 characters' },
  { name: 'stage', is: 'of an opportunity: a text, cut at 40 characters' },
  { name: 'close_date', is: 'of an opportunity: a date like 2026-11-20' },
  { name: 'amount', is: 'of an opportunity: a number' },
  { name: 'subject', is: 'of a task: a text, cut at 255 characters' },
  { name: 'status', is: 'of a task: a text, cut at 40 characters' },
  { name: 'who_id', is: 'the lead or contact of a task: its Salesforce id' },
  { name: 'what_id', is: 'the account, opportunity … of a task: its Salesforce id' },
  { name: 'description', is: 'of any of them: a text, cut at 32,000 characters' },
  { name: 'fields', is: 'more fields of the lead, opportunity or task: an object by API names' },
  {
    name: 'records',
    is: 'of a composite: at most 25 of {object, fields, external_id_field?, external_id?, ref?}',
  },
]

const productionLogins = /^https:\/\/(?:login|test)\.salesforce\.com$/

export const SalesforceConfig = z
  .strictObject({
    auth: Auth,
    login_url: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    api_version: z
      .string()
      .regex(/^v\d{2,3}\.0$/, 'like v64.0')
      .default('v64.0'),
    action: z.enum(['lead', 'opportunity', 'task', 'composite']).default('lead'),
    external_id_field: z
      .string()
      .regex(/^[A-Za-z]\w{0,79}$/, 'the API name of a field')
      .optional(),
    /** Of opportunities. */
    stage: z.string().min(1).max(40).default('Prospecting'),
    close_in_days: z.int().min(0).max(3650).default(30),
    /** In place of what the token says of its API, and of Salesforce's login where no other is named. */
    base_url: BaseUrl,
    mapping: mappingOf([
      'external_id',
      'first_name',
      'last_name',
      'company',
      'email',
      'phone',
      'title',
      'lead_source',
      'name',
      'stage',
      'close_date',
      'amount',
      'subject',
      'status',
      'who_id',
      'what_id',
      'description',
      'fields',
      'records',
    ]),
  })
  .transform(({ login_url, ...config }) => ({
    ...config,
    login_url: login_url ?? config.base_url ?? 'https://login.salesforce.com',
  }))
  .superRefine(({ auth, login_url, action, external_id_field, mapping }, context) => {
    if (auth.type === 'client_credentials' && productionLogins.test(login_url)) {
      const message = 'client credentials take your My Domain: https://example.my.salesforce.com'
      context.addIssue({ code: 'custom', path: ['login_url'], message })
    }
    const upserts = action === 'lead' || (action === 'composite' && mapping.records === undefined)
    if (upserts && external_id_field === undefined) {
      const message = 'required: the field by which a lead is found again'
      context.addIssue({ code: 'custom', path: ['external_id_field'], message })
    }
  })
export type SalesforceConfig = z.infer<typeof SalesforceConfig>
