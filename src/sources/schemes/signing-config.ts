import * as z from 'zod'
import type { ConfigIssue } from '../config-issue.ts'
import { HeaderName, ToleranceS } from '../settings.ts'
import { Locator } from './locator.ts'
import type { Signing } from './claim.ts'
import { has, parseTemplate } from './template.ts'
import type { Slot } from './template.ts'
import { timestampUnits } from './timestamp.ts'

const FieldName = z.string().regex(/^[^\s=,;]{1,50}$/, "a field's name")

/** The parts of a signed request that a config describes, whatever the algorithm. */
export const signingShape = {
  header: HeaderName,
  encoding: z.enum(['hex', 'base64', 'base64url']),
  prefix: z.string().max(100).optional(),
  fields: z.strictObject({ timestamp: FieldName.optional(), signature: FieldName }).optional(),
  item_separator: z.string().min(1).max(10).optional(),
  trim: z.boolean().default(false),
  signed: z
    .string()
    .max(1000)
    .refine((text) => parseTemplate(text) !== null, {
      error: 'a text with {id}, {timestamp}, {body}, {url} and {method} and no other braces',
    })
    .default('{body}'),
  timestamp_header: HeaderName.optional(),
  timestamp_unit: z.enum(timestampUnits).default('s'),
  tolerance_s: ToleranceS,
  id_header: HeaderName.optional(),
  /** The public URL, for `{url}`; the one called unless set. */
  url: z.url({ protocol: /^https?$/ }).optional(),
  type: Locator.default('body:$.type'),
  id: Locator.optional(),
}

const Shape = z.strictObject(signingShape)

type SigningConfig = z.infer<typeof Shape>

/** What is wrong between the fields: a proof that leaves out the body, or a time that nobody signed. */
export function signingProblems(config: SigningConfig): ConfigIssue[] {
  const template = parseTemplate(config.signed) ?? []
  const isSigned = (name: Slot) => has(template, name)
  const problems: ConfigIssue[] = []
  const hasTimestampField = config.fields?.timestamp !== undefined
  const hasTime = config.timestamp_header !== undefined || hasTimestampField
  if (!isSigned('body')) {
    problems.push({ path: 'signed', message: '{body} is not signed, so anybody could change it' })
  }
  if (isSigned('timestamp') && !hasTime) {
    const message = '{timestamp} needs timestamp_header or fields.timestamp'
    problems.push({ path: 'signed', message })
  }
  if (!isSigned('timestamp') && hasTime) {
    const path = hasTimestampField ? 'fields.timestamp' : 'timestamp_header'
    problems.push({
      path,
      message: 'a time that is not signed proves nothing: name it in "signed"',
    })
  }
  if (config.timestamp_header !== undefined && hasTimestampField) {
    problems.push({ path: 'timestamp_header', message: 'the time stands in one place' })
  }
  if (isSigned('id') && config.id_header === undefined) {
    problems.push({ path: 'signed', message: '{id} needs id_header' })
  }
  return problems
}

/** The scheme that the config describes. */
export function signingOf(config: SigningConfig): Signing {
  const { header, encoding, prefix, fields, item_separator, trim, url, id_header } = config
  const template = parseTemplate(config.signed) ?? []
  const { timestamp_header, timestamp_unit: unit, tolerance_s: toleranceS } = config
  return {
    header,
    encoding,
    trim,
    signed: template,
    ...(prefix !== undefined && { prefix }),
    ...(item_separator !== undefined && { itemSeparator: item_separator }),
    ...(fields !== undefined && {
      fields: {
        signature: fields.signature,
        ...(fields.timestamp !== undefined && { timestamp: fields.timestamp }),
      },
    }),
    ...(has(template, 'timestamp') && {
      timestamp: {
        unit,
        toleranceS,
        ...(timestamp_header !== undefined && { header: timestamp_header }),
      },
    }),
    ...(has(template, 'id') && id_header !== undefined && { idHeader: id_header }),
    ...(url !== undefined && { url }),
  }
}
