/** The many senders that differ only in where an HMAC stands, which bytes it is of, and how an event is named. */

import * as z from 'zod'
import { err, ok } from '../../model/result.ts'
import type { Json } from '../../model/json.ts'
import { parseJson } from '../../model/json.ts'
import { utf8 } from '../../signing/bytes.ts'
import type { HmacAlgorithm } from '../../signing/hmac.ts'
import { PublicUrl, Secret, secretOf, secretPaths, toleranceOf } from '../settings.ts'
import { defineSource } from '../source.ts'
import type { Source, SourceRequest, Verified } from '../source.ts'
import type { Signing } from './claim.ts'
import { hmacProblem } from './proof.ts'
import { has } from './template.ts'
import type { TimestampUnit } from './timestamp.ts'

type About = Pick<
  Source,
  'title' | 'documentation' | 'typeIs' | 'dedupeKeyIs' | 'eventTypes' | 'steps'
>

/** A sender as data. What it cannot say needs a file with its own `defineSource`. */
export interface HmacPreset extends About {
  signing: Omit<Signing, 'timestamp' | 'url'>
  /** Default: sha256. */
  algorithm?: HmacAlgorithm
  /** Where the signed time stands unless it is one of `signing.fields`, and how far off it may be unless configured. */
  time?: { header?: string; unit: TimestampUnit; toleranceS?: number }
  /** The key that a secret's text stands for, `null` where it stands for none. Default: its UTF-8 bytes. */
  key?: { of: (secret: string) => Uint8Array | null; error: string }
  /** Other headers of this sender that carry a proof elsewhere, to be masked too. */
  proofHeaders?: readonly string[]
  /** How the event is named. `json` is the proved body; `undefined` where it is no JSON. */
  read(request: SourceRequest, json: Json | undefined): Verified
  accepted?: Source['accepted']
}

interface Config {
  secret: string[]
  tolerance_s?: number | undefined
  url?: string | undefined
}

function configOf({ key, time, signing }: HmacPreset): z.ZodType<Config> {
  // An empty text is no key either: said once.
  const text = z.string().max(10_000)
  const secret =
    key === undefined
      ? Secret
      : secretOf(text.refine((one) => (key.of(one)?.length ?? 0) > 0, { error: key.error }))
  const isPlaced = has(signing.signed, 'url')
  if (time === undefined) {
    return isPlaced ? z.strictObject({ secret, url: PublicUrl }) : z.strictObject({ secret })
  }
  const timed = z.strictObject({ secret, tolerance_s: toleranceOf(time.toleranceS ?? 300) })
  return isPlaced ? timed.extend({ url: PublicUrl }) : timed
}

/** The source that the preset describes. Its config: `secret`, `tolerance_s` where a time is signed, `url` where that is. */
export function hmacSource(preset: HmacPreset): Source<Config> {
  const { signing, algorithm = 'sha256', time, key, read, accepted } = preset
  const { title, documentation, typeIs, dedupeKeyIs, eventTypes, steps } = preset
  const keyOf = key?.of ?? utf8

  function signingFor({ tolerance_s, url }: Config): Signing {
    const timestamp =
      time === undefined
        ? undefined
        : { ...time, toleranceS: tolerance_s ?? time.toleranceS ?? 300 }
    return { ...signing, ...(timestamp && { timestamp }), ...(url !== undefined && { url }) }
  }

  return defineSource<Config>({
    title,
    documentation,
    typeIs,
    dedupeKeyIs,
    eventTypes,
    steps,
    config: configOf(preset),
    secrets: secretPaths('secret'),
    proofHeaders: [signing.header, ...(preset.proofHeaders ?? [])],
    methods: ['POST'],
    async verify(request, config, world) {
      const keys = config.secret.map(keyOf).filter((one) => one !== null)
      const problem = await hmacProblem(request, signingFor(config), algorithm, keys, world)
      return problem === null ? ok(read(request, parseJson(request.body))) : err(problem)
    },
    ...(accepted && { accepted }),
  })
}
