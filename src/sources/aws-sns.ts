import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import type { Result } from '../model/result.ts'
import type { Refusal } from '../model/refusal.ts'
import { fromPaddedBase64 } from '../signing/encodings.ts'
import type { RsaHash } from '../signing/rsa.ts'
import { keyFrom } from './payload.ts'
import { certificateProblem, getTrusted, PinnedCertificate } from './schemes/certificate.ts'
import { readSnsMessage, snsContent } from './schemes/sns-message.ts'
import type { SnsMessage } from './schemes/sns-message.ts'
import { secretOf } from './settings.ts'
import { defineSource } from './source.ts'
import type { Handshake, SourceRequest, World } from './source.ts'

const Config = z.strictObject({
  topic_arns: secretOf(
    z
      .string()
      .max(500)
      .regex(/^arn:[^\s:]+:sns:\S+$/, "a topic's ARN"),
  ).optional(),
  certificate: PinnedCertificate,
})

// A host's first label is a region, and not such as `s3-us-west-2`, under which anybody may own a name.
const host = String.raw`^https://sns\.[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?/`
const certificateUrl = new RegExp(`${host}[A-Za-z0-9_-]+\\.pem$`)
const subscribeUrl = new RegExp(String.raw`${host}[\x21-\x7e]*$`)

const hashes: ReadonlyMap<string | undefined, RsaHash> = new Map([
  ['1', 'SHA-1'],
  ['2', 'SHA-256'],
])

/** The message, once it is proved. */
async function provedMessage(
  request: SourceRequest,
  { topic_arns, certificate }: z.infer<typeof Config>,
  world: World,
): Promise<Result<SnsMessage, Refusal>> {
  const read = readSnsMessage(request)
  if (!read.ok) return read
  const { TopicArn = '', SubscribeURL, SignatureVersion, Signature = '' } = read.value
  const hash = hashes.get(SignatureVersion)
  const signature = fromPaddedBase64(Signature)
  if (hash === undefined || signature === null) {
    return err({ reason: 'malformed_body', detail: 'its signature is not of version 1 or 2' })
  }
  // Whoever has an account at AWS has topics, and AWS signs for each of them.
  if (topic_arns?.includes(TopicArn) === false) return err({ reason: 'credentials_mismatch' })
  if (SubscribeURL !== undefined && !subscribeUrl.test(SubscribeURL)) {
    return err({ reason: 'untrusted_url', detail: "SubscribeURL is not at the sender's own host" })
  }
  const problem = await certificateProblem(
    {
      pinned: certificate,
      url: read.value.SigningCertURL ?? '',
      trusted: certificateUrl,
      hash,
      signature,
      contents: [snsContent(read.value)],
    },
    world,
  )
  return problem === null ? read : err(problem)
}

/** SNS comes again after a 5xx, so that a confirmation that fails now is not lost. */
async function confirm(url: string, world: World): Promise<Handshake> {
  const answer = await getTrusted(url, world)
  await answer?.body?.cancel().catch(() => undefined)
  return { response: new Response(null, { status: answer?.status === 200 ? 200 : 503 }) }
}

/**
 * Type: `Notification`. Dedupe: `MessageId`, the same in retries. AWS signs the values of some fields, not the bytes:
 * `MessageAttributes` and `UnsubscribeURL` are not proved by it. And it signs for every topic of every account: name yours
 * in `topic_arns`.
 */
export const awsSns = defineSource({
  title: 'Amazon SNS',
  documentation: 'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
  config: Config,
  secrets: [],
  proofHeaders: [],
  methods: ['POST'],
  typeIs: '`Type` of the message',
  dedupeKeyIs: '`MessageId` of the message',
  eventTypes: ['Notification'],
  steps: [
    "Open Amazon SNS and copy the topic's ARN into this source, as one of its topic_arns.",
    "Create a subscription: protocol HTTPS, endpoint this source's URL. Leave raw message delivery off.",
    'It is confirmed by itself within seconds.',
    "Set the topic's SignatureVersion to 2, for signatures with SHA-256.",
  ],

  async verify(request, config, world) {
    const message = await provedMessage(request, config, world)
    if (!message.ok) return message
    const { Type = 'unknown', MessageId } = message.value
    return ok({ type: Type, dedupeKey: keyFrom(MessageId) })
  },

  async handshake(request, config, world) {
    const read = readSnsMessage(request)
    if (!read.ok || read.value.Type === 'Notification') return null
    const proved = await provedMessage(request, config, world)
    if (!proved.ok) return null
    const { Type, SubscribeURL = '' } = proved.value
    return Type === 'SubscriptionConfirmation'
      ? confirm(SubscribeURL, world)
      : { response: new Response(null), revoked: 'unsubscribed' }
  },
})
