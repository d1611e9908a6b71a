import { utf8 } from '../signing/bytes.ts'
import { keyFrom, textAt, typeFrom, withAction } from './payload.ts'
import { hmacSource } from './schemes/hmac-source.ts'

const preset = hmacSource({
  title: 'Sanity',
  documentation: 'https://github.com/sanity-io/webhook-toolkit',
  signing: {
    header: 'sanity-webhook-signature',
    encoding: 'unpadded-base64url',
    fields: { timestamp: 't', signature: 'v1' },
    signed: ['timestamp', utf8('.'), 'body'],
  },
  time: { unit: 'ms' },
  typeIs: '`_type` of the body, with the header sanity-operation after a dot; else that operation',
  dedupeKeyIs: 'the header idempotency-key',
  eventTypes: ['post.create', 'post.update', 'post.delete', 'create', 'update', 'delete'],
  steps: [
    'Open sanity.io/manage, choose the project, then API, Webhooks, Create webhook.',
    "URL: this source's URL. Secret: the secret of this source.",
    'A projection of your own should keep `_type`, which names the event.',
  ],
  read({ headers }, json) {
    const document = textAt(json, '_type')
    const operation = headers.get('sanity-operation') || undefined
    const type = document === undefined ? typeFrom(operation) : withAction(document, operation)
    return { type, dedupeKey: keyFrom(headers.get('idempotency-key')) }
  },
})

/**
 * Sanity has no event names. Type: the document's `_type` and what happened to it (`post.update`). Dedupe:
 * `idempotency-key`. The method is the webhook's to choose; all of them carry the body, and none is signed.
 */
export const sanity = { ...preset, methods: ['POST', 'PUT', 'PATCH', 'DELETE'] }
