import { escapeHtml } from '../html.ts'
import type { Card } from '../mapping/card.ts'

const lines = (text: string): string => escapeHtml(text).replaceAll(/\r\n?|\n/g, '<br>')

const colors = { neutral: '#2563eb', good: '#15803d', bad: '#b91c1c' } as const

export function plainOf({ title, text, link, linkText, fields }: Card): string {
  const facts = fields.map(({ name, value }) => `${name}: ${value}`).join('\n')
  return [title, text, facts, link === null ? null : `${linkText}: ${link}`]
    .filter((part) => part !== null && part !== '')
    .join('\n\n')
}

/** The card in the little HTML that mail readers agree on: styles in place, a table for facts. All text is escaped. */
export function htmlOf({ title, text, link, linkText, image, fields, tone }: Card): string {
  const rows = fields.map(
    ({ name, value }) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#6b7280;vertical-align:top">${escapeHtml(name)}</td><td style="padding:2px 0">${lines(value)}</td></tr>`,
  )
  const color = colors[tone]
  return [
    '<!doctype html><html><body style="margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5;color:#111827">',
    `<h1 style="margin:0 0 16px;font-size:20px;border-left:4px solid ${color};padding-left:12px">${escapeHtml(title)}</h1>`,
    image === null
      ? ''
      : `<img src="${escapeHtml(image)}" alt="" style="display:block;max-width:100%;margin:0 0 16px">`,
    text === null || text === '' ? '' : `<p style="margin:0 0 16px">${lines(text)}</p>`,
    rows.length === 0
      ? ''
      : `<table style="border-collapse:collapse;margin:0 0 16px;font-size:15px">${rows.join('')}</table>`,
    link === null
      ? ''
      : `<p style="margin:0"><a href="${escapeHtml(link)}" style="display:inline-block;padding:10px 16px;background:${color};color:#ffffff;text-decoration:none;border-radius:6px">${escapeHtml(linkText)}</a></p>`,
    '</body></html>',
  ].join('')
}
