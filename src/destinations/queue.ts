import * as z from 'zod'
import { isJsonObject, parseJson } from '../model/json.ts'
import type { Json, JsonObject } from '../model/json.ts'
import { mappingOf } from '../model/mapping.ts'
import type { AttemptReport, Outcome } from '../model/outcome.ts'
import { utf8 } from '../signing/bytes.ts'
import { toBase64 } from '../signing/encodings.ts'
import { late, startDeadline } from './deadline.ts'
import { defineDestination } from './destination.ts'
import type { Message } from './destination.ts'
import { cut } from './mapping/cut.ts'
import { mappedAt, tooDeep } from './mapping/fields.ts'

/** 128 kB of 1,000 bytes, of which Queues may need about 100: https://developers.cloudflare.com/queues/platform/limits/ */
const mostBytes = 127_900

const failed: Outcome = { kind: 'failed', cause: 'status' }
const refused: Outcome = { kind: 'refused', cause: 'status' }
const busy: Outcome = { kind: 'failed', cause: 'rate_limited' }

/** The number at the end of what `send` throws: https://developers.cloudflare.com/queues/reference/error-codes/ */
const outcomes: Readonly<Record<string, Outcome>> = {
  10_104: { kind: 'refused', cause: 'gone', disable: true }, // QueueNotFound
  10_106: { kind: 'refused', cause: 'credentials' }, // Unauthorized
  10_203: refused, // MessageMetadataInvalid
  10_204: refused, // MessageSizeOutOfBounds
  10_250: busy, // QueueOverloaded
  10_251: busy, // QueueStorageLimitExceeded
  10_253: busy, // FreeTierLimitExceeded
}

const outcomeOf = (said: string): Outcome =>
  outcomes[/\b1\d{4}\b(?!.*\b1\d{4}\b)/s.exec(said)?.[0] ?? ''] ?? failed

/** The event as one JSON value, CloudEvents' names where they have one. */
function envelopeOf(message: Message): JsonObject {
  const { event, body, contentType, deliveryId } = message
  const mapped = mappedAt(message, 'message')
  if (isJsonObject(mapped)) return mapped
  const { id, type, source, subject, time } = event
  const given = mappedAt(message, 'data')
  const data: Json | undefined = given === undefined ? parseJson(body) : given
  return {
    id,
    type,
    source,
    subject,
    time,
    delivery_id: deliveryId,
    datacontenttype: contentType,
    ...(data === undefined ? { data_base64: toBase64(body) } : { data }),
  }
}

/** A Cloudflare Queue of the Worker's own account: https://developers.cloudflare.com/queues/ */
export const queue = defineDestination({
  title: 'Cloudflare Queue',
  description:
    'Puts each event into a Cloudflare Queue that the Worker is bound to. A send whose end was not seen is repeated, and a queue delivers at least once: its consumer tells repeats by delivery_id (or id, over all connections).',
  config: z.strictObject({
    binding: z.string().regex(/^[A-Za-z_]\w{0,99}$/, 'the name of a binding, like EVENTS'),
    format: z.enum(['json', 'bytes']).default('json'),
    mapping: mappingOf(['data', 'message']),
  }),
  secrets: [],
  signing: () => null,
  rateLimit: { limit: 5000, per: 'second' },
  addresses: () => [],
  mapping: [
    { name: 'data', is: "what stands under data instead of the event's data; any JSON" },
    { name: 'message', is: 'an object that is sent instead of id, type, time, data and so on' },
  ],
  steps: [
    'Make the queue: npx wrangler queues create <name>',
    'Bind it in wrangler.toml, under [[queues.producers]], with a "binding" of your choice, and deploy.',
    'Enter the name of the binding here. Format "bytes" sends the event byte for byte, without its id and type, and no mapping.',
  ],
  async deliver(message, { config, timeoutMs }, world): Promise<AttemptReport> {
    const startedAt = world.now()
    const report = (outcome: Outcome, error?: string): AttemptReport => ({
      outcome,
      duration_ms: Math.max(world.now() - startedAt, 0),
      status: null,
      ...(error === undefined ? {} : { error }),
      request_headers: {},
    })
    const { binding, format } = config
    const deadline = startDeadline(timeoutMs)
    try {
      const bound = world.queue(binding)
      if (bound === null) {
        const error = `The Worker has no queue that is bound as "${binding}": add it to wrangler.toml and deploy.`
        return report({ kind: 'refused', cause: 'credentials' }, error)
      }
      const content = format === 'bytes' ? message.body : envelopeOf(message)
      const size =
        content instanceof Uint8Array ? content.length : utf8(JSON.stringify(content)).length
      if (size > mostBytes) {
        const error = `The message has ${size} bytes; a queue takes at most 128 kB.`
        return report({ kind: 'refused', cause: 'mapping_invalid' }, `mapping.message: ${error}`)
      }
      const sent = await deadline.race(bound.send(content, { contentType: format }))
      return sent === late
        ? report({ kind: 'failed', cause: 'timeout' }, 'The queue did not answer in time.')
        : report({ kind: 'delivered' })
    } catch (error) {
      const deep = tooDeep(error)
      if (deep !== null) return report(deep.outcome, deep.error)
      const said = error instanceof Error ? error.message : 'for no reason that it gave'
      return report(outcomeOf(said), `The queue did not take it: ${cut(said, 500)}`)
    } finally {
      deadline.end()
    }
  },
})
