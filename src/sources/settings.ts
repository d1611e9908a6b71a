import * as z from 'zod'

const text = z.string().min(1).max(10_000)

/** A secret, or several during a rotation: current first, any may match. An empty one would be no proof. */
export const secretOf = <Parsed extends z.ZodType<string, string>>(one: Parsed) =>
  z
    .union([one, z.array(one).min(1).max(10)], {
      error: 'a non-empty text, or a list of 1 to 10 of them, current first',
    })
    .transform((secret) => (typeof secret === 'string' ? [secret] : secret))

export const Secret = secretOf(text)

/** Where a `Secret` named `field` may stand in a config. */
export const secretPaths = (field: string): readonly string[] => [field, `${field}.*`]

/** How far a signed time may lie from ours, both ways, inclusive; `seconds` unless configured. */
export const toleranceOf = (seconds: number) => z.int().min(1).max(604_800).default(seconds)

export const ToleranceS = toleranceOf(300)

/** The public URL, for senders that sign it; unless set, the one called. */
export const PublicUrl = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .optional()

/** Whether each element of a batch becomes an event of its own. */
export const Split = z.boolean().default(false)

/** A header's name (RFC 9110, 5.6.2), in lower case. */
export const HeaderName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header's name")
  .transform((name) => name.toLowerCase())
