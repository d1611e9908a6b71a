/** Salesforce's outbound messages: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm */

import { parseXml, XmlElement } from '@rgrove/parse-xml'
import { utf8 } from '../../signing/bytes.ts'

interface Notification {
  id: string
  /** The name of the sObject's type. */
  object: string
  /** The element's very bytes. */
  body: Uint8Array
}

export interface OutboundMessage {
  organizationId: string
  notifications: readonly Notification[]
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

const childrenOf = (element: XmlElement | undefined, name: string): XmlElement[] =>
  (element?.children ?? [])
    .filter((child) => child instanceof XmlElement)
    .filter((child) => localName(child.name) === name)

/** The one child of that name; `undefined` for none, and for several, of which others might read another. */
function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  const [only, ...others] = childrenOf(element, name)
  return others.length === 0 ? only : undefined
}

function notificationOf(element: XmlElement, text: string): Notification | null {
  const object = childOf(element, 'sObject')
  const type = Object.entries(object?.attributes ?? {}).find(
    ([name]) => name.includes(':') && localName(name) === 'type',
  )
  const id = childOf(element, 'Id')?.text.trim() ?? ''
  if (id === '' || type === undefined) return null
  // The parser counts in units of the text, which came from UTF-8 unchanged, and goes back to it so.
  return { id, object: localName(type[1]), body: utf8(text.slice(element.start, element.end)) }
}

/**
 * Reads a SOAP envelope with notifications; `null` for anything else. SOAP has no DOCTYPE, and what one could declare is never
 * read, so that it is refused unparsed.
 */
export function readOutboundMessage(bytes: Uint8Array): OutboundMessage | null {
  try {
    const text = decoder.decode(bytes)
    if (/<!DOCTYPE/i.test(text)) return null
    const { root } = parseXml(text, { includeOffsets: true })
    if (root === null || localName(root.name) !== 'Envelope') return null
    const message = childOf(childOf(root, 'Body'), 'notifications')
    const organizationId = childOf(message, 'OrganizationId')?.text.trim()
    const notifications = childrenOf(message, 'Notification').map((one) =>
      notificationOf(one, text),
    )
    const read = notifications.filter((one) => one !== null)
    if (organizationId === undefined || read.length === 0) return null
    return read.length < notifications.length ? null : { organizationId, notifications: read }
  } catch {
    return null // Not UTF-8, not well formed, or nested so deep that the stack ends first.
  }
}
