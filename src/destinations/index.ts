import * as z from 'zod'
import type { RateLimit } from '../model/destination.ts'
import type { DestinationType } from './destination.ts'
import { sink } from './sink.ts'
import { webhook } from './webhook.ts'

/** The whole registry. A new destination type is one file, one line here and one entry in the tests. */
export const destinationTypes = { sink, webhook } satisfies Record<string, DestinationType>

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
