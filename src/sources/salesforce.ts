import * as z from 'zod'
import { err, ok } from '../model/result.ts'
import { utf8 } from '../signing/bytes.ts'
import { keyFrom, typeFrom } from './payload.ts'
import { sameCredential } from './schemes/credential.ts'
import { together } from './schemes/json-batch.ts'
import { readOutboundMessage } from './schemes/outbound-message.ts'
import type { OutboundMessage } from './schemes/outbound-message.ts'
import { secretOf, Split } from './settings.ts'
import { defineSource } from './source.ts'
import type { Part } from './source.ts'

const organizationId = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/

const Config = z.strictObject({
  organization_id: secretOf(
    z.string().regex(organizationId, 'the 15 or 18 characters of an organization id'),
  ),
  split: Split,
})

/** The last three of 18 characters only say which of the others are capitals. */
const bare = (id: string): Uint8Array => utf8(id.slice(0, 15))

const acknowledgement =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>'

const partsOf = ({ notifications }: OutboundMessage): Part[] =>
  notifications.map(({ id, object, body }) => ({
    type: typeFrom(object),
    dedupeKey: keyFrom(id),
    body,
    contentType: 'text/xml',
  }))

/**
 * Outbound messages, which nobody signs: whoever knows the URL and the organization's id is believed. Type: the object's
 * (`Opportunity`). Dedupe: the notification's `Id`, the same in retries; of several not split, a digest of all. Split, each is its
 * `Notification` element, which may use namespaces that the envelope around it declared.
 */
export const salesforce = defineSource({
  title: 'Salesforce (outbound messages)',
  documentation:
    'https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_security.htm',
  config: Config,
  secrets: [],
  proofHeaders: [],
  methods: ['POST'],
  typeIs: "the type of the notification's sObject, without its prefix",
  dedupeKeyIs:
    "the notification's Id; for several in one message a digest of all, unless `split` is on",
  eventTypes: ['Account', 'Case', 'Contact', 'Lead', 'Opportunity'],
  steps: [
    'Copy the organization id (Setup, Company Information) into this source.',
    "Setup, Outbound Messages, New: choose the object and its fields. Endpoint URL: this source's URL.",
    'Leave "Send Session ID" off: it would hand over a login with each message.',
    'Add the outbound message to a flow or a workflow rule.',
    'Keep the URL secret: with the organization id it is the only proof.',
  ],

  verify({ body }, { organization_id }) {
    const message = readOutboundMessage(body)
    if (message === null) {
      return err({ reason: 'malformed_body', detail: 'it is no SOAP envelope with notifications' })
    }
    const given = message.organizationId
    const known = organization_id.some((id) => sameCredential(bare(given), bare(id)))
    if (!known || !organizationId.test(given)) return err({ reason: 'credentials_mismatch' })
    return ok(together(partsOf(message), body))
  },

  parts({ body }, { split }) {
    const message = split ? readOutboundMessage(body) : null
    return message && partsOf(message)
  },

  /** One acknowledgement is for all notifications of the message; anything else makes Salesforce send them all again. */
  accepted: () => new Response(acknowledgement, { headers: { 'content-type': 'text/xml' } }),
})
