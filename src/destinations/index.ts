import * as z from 'zod'
import type { RateLimit } from '../model/destination.ts'
import type { DestinationType } from './destination.ts'
import { discord } from './discord.ts'
import { email } from './email.ts'
import { figma } from './figma.ts'
import { github } from './github.ts'
import { googleAnalytics } from './google-analytics.ts'
import { hubspot } from './hubspot.ts'
import { instagram } from './instagram.ts'
import { jira } from './jira.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { metaConversions } from './meta-conversions.ts'
import { queue } from './queue.ts'
import { salesforce } from './salesforce.ts'
import { shopify } from './shopify.ts'
import { sink } from './sink.ts'
import { slack } from './slack.ts'
import { stripe } from './stripe.ts'
import { teams } from './teams.ts'
import { webhook } from './webhook.ts'
import { wordpress } from './wordpress.ts'
import { zapier } from './zapier.ts'

/** The whole registry. A new destination type is one file, one line here and one entry in the tests. */
export const destinationTypes = {
  discord,
  email,
  figma,
  github,
  'google-analytics': googleAnalytics,
  hubspot,
  instagram,
  jira,
  linear,
  linkedin,
  mailchimp,
  'meta-conversions': metaConversions,
  queue,
  salesforce,
  shopify,
  sink,
  slack,
  stripe,
  teams,
  webhook,
  wordpress,
  zapier,
} satisfies Record<string, DestinationType>

export type DestinationTypeName = keyof typeof destinationTypes

/** Own names only, because a type comes from a request. */
export const isDestinationType = (name: string): name is DestinationTypeName =>
  Object.hasOwn(destinationTypes, name)

export interface DestinationTypeDescription {
  type: string
  title: string
  description: string
  /** JSON Schema of what a client sends as `config`. */
  config_schema: unknown
  steps: readonly string[]
  rate_limit: RateLimit | null
}

/** What `GET /api/v1/destination-types` answers. */
export const describeDestinationTypes = (): DestinationTypeDescription[] =>
  Object.entries<DestinationType>(destinationTypes).map(([type, described]) => ({
    type,
    title: described.title,
    description: described.description,
    config_schema: z.toJSONSchema(described.config, { io: 'input' }),
    steps: described.steps,
    rate_limit: described.rateLimit,
  }))
