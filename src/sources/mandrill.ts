import * as z from 'zod'
import type { Json } from '../model/json.ts'
import type { Refusal } from '../model/refusal.ts'
import { err, ok } from '../model/result.ts'
import { toText, utf8 } from '../signing/bytes.ts'
import { equal } from '../signing/equal.ts'
import { digestLength, hmacOf } from '../signing/hmac.ts'
import { keyFrom, textAt, typeFrom, withAction } from './payload.ts'
import { readClaim } from './schemes/claim.ts'
import { idAt, jsonParts, together } from './schemes/json-batch.ts'
import { likelyCauseOf } from './schemes/likely-cause.ts'
import { signedFormOf } from './schemes/signed-form.ts'
import { PublicUrl, Secret, secretPaths, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { Part, SourceRequest, Verified, World } from './source.ts'

const Config = z.strictObject({ secret: Secret, url: PublicUrl, split: Split })

const header = 'x-mandrill-signature'

/** Mandrill signs its check of a new URL with this, before there is a key. It proves nothing, and opens nothing. */
const setUpKey = 'test-webhook'

/** The URL, and behind it each field's name and value in the order of the names; `null`: the body is no such form. */
function signedContent(url: string, body: Uint8Array): Uint8Array | null {
  const fields = signedFormOf(body)
  if (fields === null) return null
  const sorted = fields.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)))
  return utf8(url + sorted.flat().join(''))
}

async function problemOf(
  request: SourceRequest,
  secret: readonly string[],
  url: string,
  world: World,
): Promise<Refusal | null> {
  const signing = { header, encoding: 'base64', signed: ['body'] } as const
  const claim = readClaim(request, signing, digestLength('sha1'), world)
  if (!claim.ok) return claim.error
  const fits = async (key: Uint8Array, body: Uint8Array, at: string): Promise<boolean> => {
    const content = signedContent(at, body)
    if (content === null) return false
    const digest = await hmacOf('sha1', key, content)
    return claim.value.signatures.some((signature) => equal(signature, digest))
  }
  const keys = secret.map(utf8)
  for (const key of keys) if (await fits(key, request.body, url)) return null
  const cause = await likelyCauseOf({ keys, body: request.body, url }, (other) =>
    fits(other.key, other.body, other.url),
  )
  return { reason: 'signature_mismatch', ...cause }
}

/** The JSON in the form, as bytes. */
function eventsOf({ body }: SourceRequest): Uint8Array {
  const events = signedFormOf(body)?.find(([name]) => name === 'mandrill_events')
  return utf8(events?.[1] ?? '')
}

function read(event: Json): Verified {
  const name = textAt(event, 'event')
  const id = textAt(event, '_id')
  const time = idAt(event, 'ts')
  return {
    type:
      name === undefined
        ? withAction(textAt(event, 'type') ?? null, textAt(event, 'action'))
        : typeFrom(name),
    dedupeKey: id === undefined || time === undefined ? null : keyFrom(`${id}:${name}:${time}`),
  }
}

const partsOf = (request: SourceRequest): Part[] => jsonParts(eventsOf(request), read)

/**
 * Type: `event` (`hard_bounce`, `inbound`), or a sync event's list with its action (`blacklist.add`); of a batch not split, the
 * one that all its events share, else `batch`. Dedupe: `_id`, event and time, as one message has many events; a digest
 * where there is no id, as in sync and inbound events; of a batch not split, a digest of all. What is signed is the form as
 * decoded, so that it must be written in the usual way. The events are JSON in a field of it: split, each is that JSON.
 */
export const mandrill = defineSource({
  title: 'Mandrill',
  documentation:
    'https://mandrill.zendesk.com/hc/en-us/articles/205583257-How-to-Authenticate-Webhook-Requests',
  config: Config,
  secrets: secretPaths('secret'),
  proofHeaders: [header],
  methods: ['POST'],
  typeIs: '`event` of each event; `batch` for several kinds in one request, unless `split` is on',
  dedupeKeyIs:
    '`_id`, `event` and `ts`; for several events in one request a digest of all, unless `split` is on',
  eventTypes: [
    'send',
    'deferral',
    'hard_bounce',
    'soft_bounce',
    'open',
    'click',
    'spam',
    'unsub',
    'reject',
    'inbound',
    'blacklist.add',
  ],
  steps: [
    'Open Mandrill (Mailchimp Transactional), then Settings, Webhooks, Add a Webhook.',
    "Choose the events. Post to URL: this source's URL, exactly. Mandrill checks it at once.",
    'Copy the key shown for the webhook into this source.',
  ],

  async verify(request, { secret, url = request.url }, world) {
    const problem = await problemOf(request, secret, url, world)
    return problem === null ? ok(together(partsOf(request), request.body)) : err(problem)
  },

  async handshake(request, { secret, url = request.url }, world) {
    if (request.method === 'HEAD') return { response: new Response(null) }
    if (toText(eventsOf(request)) !== '[]') return null
    const problem = await problemOf(request, [...secret, setUpKey], url, world)
    return problem === null ? { response: new Response(null) } : null
  },

  parts: (request, { split }) => (split ? partsOf(request) : null),
})
