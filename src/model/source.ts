import * as z from 'zod'

/** How the same event is told: by `key` (JSONata over `{headers, data}`), else by what the provider names. */
export const Dedupe = z.strictObject({
  key: z.string().min(1).max(1000).optional(),
  window_s: z.int().min(1).max(7_776_000).optional(),
})
export type Dedupe = z.infer<typeof Dedupe>

export const NewSource = z.strictObject({
  name: z.string().min(1).max(200),
  provider: z.string().min(1).max(60),
  config: z.record(z.string(), z.unknown()).default({}),
  enabled: z.boolean().default(true),
  dedupe: Dedupe.default({}),
})
export type NewSource = z.infer<typeof NewSource>

/** `provider` and what it means is for life: a source of another provider is another source. */
export const SourceChange = z.strictObject({
  name: NewSource.shape.name.optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  enabled: z.boolean().optional(),
  dedupe: Dedupe.optional(),
})
export type SourceChange = z.infer<typeof SourceChange>
