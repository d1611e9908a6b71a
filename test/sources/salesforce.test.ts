import { parseXml } from '@rgrove/parse-xml'
import { describe, expect, it } from 'vitest'
import { toText, utf8 } from '../../src/signing/bytes.ts'
import { bindSource, verify } from '../../src/sources/index.ts'
import { itIsASource, nowMs, post } from './contract.ts'

const organization = '00D5i000000abCdEAI'

const notification = (id: string, name = 'Acme', object = 'Opportunity') => `<Notification>
    <Id>${id}</Id>
    <sObject xsi:type="sf:${object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
     <sf:Id>0065i000001abcdAAA</sf:Id>
     <sf:Name>${name}</sf:Name>
    </sObject>
   </Notification>`

/** As Salesforce writes it. */
const message = (
  notifications: string,
  organizationId = organization,
) => `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${organizationId}</OrganizationId>
   <ActionId>04k5i000000XXXXAAA</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/59.0/${organizationId}</EnterpriseUrl>
   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/59.0/${organizationId}</PartnerUrl>
   ${notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`

const sent = (xml: string | Uint8Array) =>
  post(xml, { 'content-type': 'text/xml; charset=utf-8', SOAPAction: '""' })

const ask = (xml: string | Uint8Array, config = {}) =>
  verify('salesforce', sent(xml), { organization_id: organization, ...config }, { nowMs })

itIsASource({
  provider: 'salesforce',
  sign: (organizationId) => sent(message(notification('04l1'), organizationId)),
  secrets: [organization, '00D000000000001EAA'],
  secretField: 'organization_id',
  proofHeader: null,
  malformed: [],
  signsBody: false,
  toleranceS: null,
  expected: { type: 'Opportunity', dedupeKey: '04l1' },
})

describe('the organization', () => {
  const one = notification('04l1')
  const short = organization.slice(0, 15)

  it('is known by 15 characters as well as by 18', async () => {
    for (const [configured, given] of [
      [organization, short],
      [short, organization],
      [short, short],
    ] as const) {
      expect((await ask(message(one, given), { organization_id: configured })).ok).toBe(true)
    }
  })

  it.each([
    ['in another case', short.toLowerCase()],
    ['with a tail', `${organization}A`],
    ['cut off', short.slice(0, -1)],
    ['empty', ''],
  ])('is refused %s', async (_case, given) => {
    const error = { reason: 'credentials_mismatch' }
    expect(await ask(message(one, given))).toEqual({ ok: false, error })
  })

  it('is named once, and where it belongs', async () => {
    const element = `<OrganizationId>${organization}</OrganizationId>`
    const twice = message(`${element}${one}`, '00D000000000001EAA')
    const nested = message(`<Other>${element}</Other>${one}`, '00D000000000001EAA')
    expect((await ask(twice)).ok).toBe(false)
    expect((await ask(nested)).ok).toBe(false)
  })

  it.each(['', 'short', `${organization}A`, '00D5i000000-bCd', []])(
    'is not configured as %j',
    (organization_id) => {
      expect(bindSource('salesforce', { organization_id }).ok).toBe(false)
    },
  )
})

const genuine = message(notification('04l1'))

describe('a body', () => {
  it.each([
    ['with a DOCTYPE', genuine.replace('?>', '?>\n<!DOCTYPE a [<!ENTITY b "c">]>')],
    [
      'with a DOCTYPE that asks for a file',
      genuine.replace('?>', '?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
    ],
    ['with an entity of its own', genuine.replace('Acme', '&acme;')],
    ['cut off', genuine.slice(0, -10)],
    ['with a tail', `${genuine}<a/>`],
    ['without notifications', message('')],
    [
      'with a notification without an id',
      message('<Notification><sObject xsi:type="sf:A"/></Notification>'),
    ],
    ['with a notification without its object', message('<Notification><Id>1</Id></Notification>')],
    ['of another envelope', genuine.replaceAll('Envelope', 'Parcel')],
    ['with two bodies', genuine.replace('</soapenv:Body>', '</soapenv:Body><soapenv:Body/>')],
    ['of JSON', '{"OrganizationId":"x"}'],
    ['of nothing', ''],
  ])('%s is refused', async (_case, xml) => {
    const error = { reason: 'malformed_body', detail: expect.any(String) }
    expect(await ask(xml)).toEqual({ ok: false, error })
  })

  it('that is no UTF-8 is refused', async () => {
    const bytes = utf8(genuine)
    bytes[genuine.indexOf('Acme')] = 0xff
    expect((await ask(bytes)).ok).toBe(false)
  })

  it.each([
    ['a byte order mark in front', `\uFEFF${genuine}`],
    ['references of XML', message(notification('04l1', '&lt;b&gt; &amp; &#252;'))],
    [
      'a CDATA section that looks like a tag',
      message(notification('04l1', '<![CDATA[<Id>2</Id>]]>')),
    ],
    ['other prefixes', genuine.replaceAll('soapenv', 's')],
  ])('is accepted with %s', async (_case, xml) => {
    const value = { type: 'Opportunity', dedupeKey: '04l1' }
    expect(await ask(xml)).toEqual({ ok: true, value })
  })

  it.each([
    ['a hundred thousand levels', message('<a>'.repeat(100_000))],
    ['a megabyte of references', message(notification('1', 'ü&amp;'.repeat(150_000)))],
    [
      'a megabyte of attributes',
      message(`<a ${Array.from({ length: 100_000 }, (_, i) => `b${i}="ü"`).join(' ')}/>`),
    ],
    ['a megabyte of comments', message('<!--'.repeat(250_000))],
  ])('of %s costs no more than its length', async (_case, xml) => {
    const startedAt = performance.now()
    await ask(xml)
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })
})

describe('several notifications', () => {
  const ids = ['04l1', '04l2', '04l3']
  const notifications = ids.map((id) => notification(id, 'Ünter 🙂 den'))
  const xml = message(notifications.join('\n'))
  const parts = (split: boolean) => {
    const bound = bindSource('salesforce', { organization_id: organization, split })
    return bound.ok ? bound.value.parts(sent(xml)) : null
  }

  it('are one event, known again by their ids', async () => {
    const keyOf = async (text: string) => {
      const result = await ask(message(text))
      return result.ok ? result.value.dedupeKey : null
    }
    expect(await ask(xml)).toMatchObject({ ok: true, value: { type: 'Opportunity' } })
    const renamed = ids.map((id) => notification(id, 'another')).join('')
    expect(await keyOf(notifications.join(''))).toMatch(/^sha256:/)
    expect(await keyOf(renamed)).toBe(await keyOf(notifications.join('')))
    expect(await keyOf(notifications.slice(1).join(''))).not.toBe(await keyOf(renamed))
    expect(parts(false)).toBeNull()
  })

  it('are split into their elements, byte for byte, if asked', () => {
    const found = parts(true) ?? []
    expect(found.map((part) => toText(part.body))).toEqual(notifications)
    expect(found.map(({ dedupeKey }) => dedupeKey)).toEqual(ids)
    expect(new Set(found.map(({ type }) => type))).toEqual(new Set(['Opportunity']))
    expect(new Set(found.map(({ contentType }) => contentType))).toEqual(new Set(['text/xml']))
  })
})

it('acknowledges a message once, as the WSDL wants it', async () => {
  const bound = bindSource('salesforce', { organization_id: organization })
  const answer = bound.ok ? bound.value.accepted(sent(genuine)) : null
  expect([answer?.status, answer?.headers.get('content-type')]).toEqual([200, 'text/xml'])
  const text = (await answer?.text()) ?? ''
  expect(parseXml(text).root?.text).toBe('true')
  expect(text).toContain(
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>',
  )
})
