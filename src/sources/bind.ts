import type * as z from 'zod'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { ConfigIssue } from './config-issue.ts'
import type { Handshake, Part, Source, SourceRequest, Verification, World } from './source.ts'

/** A sender with its config read: what a request is put to. */
export interface BoundSource {
  /** Methods taken for events. Ask `handshake` first: it may answer others. */
  methods: readonly string[]
  /** Headers that hold a proof, in lower case, the configured ones too. */
  proofHeaders: readonly string[]
  verify(request: SourceRequest, world: World): Promise<Verification>
  /** The answer to a challenge or a probe; `null` for an event. */
  handshake(request: SourceRequest, world: World): Promise<Handshake | null>
  /** The events that a proved request is to be split into, at least one; `null`: it is accepted whole. */
  parts(request: SourceRequest): readonly Part[] | null
  /** The answer that the provider insists on for an accepted event; `null`: the usual one. */
  accepted(request: SourceRequest): Response | null
}

type About = Omit<
  Source<never>,
  'config' | 'verify' | 'handshake' | 'parts' | 'accepted' | 'configuredProofHeaders'
>

/** A line of the registry: what there is to say of a sender, and the way from an unread config to it. */
export interface RegisteredSource extends About {
  config: z.ZodType
  bind(config: unknown): Result<BoundSource, ConfigIssue[]>
}

function issuesOf({ issues }: z.ZodError): ConfigIssue[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code !== 'unrecognized_keys')
      return [{ path: path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      message: 'there is no such field',
    }))
  })
}

/** Hides the config's type, so that senders of all kinds stand in one table. It is read once, here. */
export function registered<Config>(source: Source<Config>): RegisteredSource {
  const { title, documentation, config, secrets, proofHeaders, methods } = source
  const { typeIs, dedupeKeyIs, eventTypes, steps } = source
  return {
    title,
    documentation,
    config,
    secrets,
    proofHeaders,
    methods,
    typeIs,
    dedupeKeyIs,
    eventTypes,
    steps,
    bind(unread) {
      const parsed = config.safeParse(unread)
      if (!parsed.success) return err(issuesOf(parsed.error))
      const own = parsed.data
      return ok({
        methods,
        proofHeaders: [...proofHeaders, ...(source.configuredProofHeaders?.(own) ?? [])],
        verify: async (request, world) => source.verify(request, own, world),
        handshake: async (request, world) => source.handshake?.(request, own, world) ?? null,
        parts(request) {
          const parts = source.parts?.(request, own) ?? null
          return parts === null || parts.length === 0 ? null : parts
        },
        accepted: (request) => source.accepted?.(request, own) ?? null,
      })
    },
  }
}
