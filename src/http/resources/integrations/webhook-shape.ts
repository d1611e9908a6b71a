import * as z from 'zod'
import type { ConnectionRecord, DestinationRecord } from '../../../config/config.ts'
import { EventPattern } from '../../../model/connection.ts'
import { masked } from '../../../model/secret-paths.ts'
import { signingSecretProblem } from '../../../signing/standard-webhooks.ts'
import { timeOf } from '../../times.ts'

const Secret = z.string().superRefine((secret, context) => {
  const said = /^(?:whsec_|whsk_)/.test(secret)
    ? signingSecretProblem(secret)
    : 'must begin with whsec_ or whsk_'
  if (said !== null) context.addIssue(said)
})

const fields = {
  url: z.string().max(2048).meta({ description: 'Where the events go, signed.' }),
  events: z
    .array(EventPattern)
    .min(1)
    .max(200)
    .meta({ examples: [['video.*']] }),
  filter: z.record(z.string(), z.unknown()).nullable(),
}

export const NewWebhook = z.strictObject({
  url: fields.url,
  events: fields.events,
  filter: fields.filter.optional(),
  secret: Secret.optional(),
  name: z.string().min(1).max(200).optional(),
})

export const WebhookChange = z.strictObject({
  url: fields.url.optional(),
  events: fields.events.optional(),
  filter: fields.filter.optional(),
  enabled: z.boolean().optional(),
})

export const WebhookShape = z
  .object({
    id: z.string().meta({ description: 'Of the destination, which it is.' }),
    connection_id: z.string(),
    name: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    filter: z.record(z.string(), z.unknown()).nullable(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable(),
    secret: z.string().nullable().meta({ description: 'Whole at creation, masked later.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' })

const urlOf = ({ config }: DestinationRecord): string =>
  typeof config['url'] === 'string' ? config['url'] : ''

export const shownWebhook = (
  { destination, connection }: { destination: DestinationRecord; connection: ConnectionRecord },
  secret: string | null = masked(''),
): z.infer<typeof WebhookShape> => ({
  id: destination.id,
  connection_id: connection.id,
  name: destination.name,
  url: urlOf(destination),
  events: connection.event_types,
  filter: connection.filter,
  enabled: destination.enabled && connection.enabled,
  disabled_reason: destination.disabled_reason,
  secret,
  created_at: timeOf(destination.created_at),
  updated_at: timeOf(Math.max(destination.updated_at, connection.updated_at)),
})
