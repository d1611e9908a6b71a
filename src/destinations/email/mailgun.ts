import { concat, utf8 } from '../../signing/bytes.ts'
import { toBase64, toHex } from '../../signing/encodings.ts'
import { headerOf } from './address.ts'
import { headersOf, noCodes } from './provider.ts'
import type { Provider } from './provider.ts'

type Part = readonly [name: string, value: string]

/** RFC 7578, line ends as forms have them. The boundary is random, so that no text can hold it. */
function multipart(parts: readonly Part[], boundary: string): Uint8Array {
  const written = parts.map(([name, value]) =>
    utf8(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value.replaceAll(/\r\n?|\n/g, '\r\n')}\r\n`,
    ),
  )
  return concat(...written, utf8(`--${boundary}--\r\n`))
}

/** https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages */
export const mailgun: Provider = {
  host: ({ region }) => `https://api.${region === 'eu' ? 'eu.' : ''}mailgun.net`,
  request({ from, to, replyTo, subject, text, html }, { api_key, domain }, { random }) {
    const boundary = `switchyard-${toHex(random(16))}`
    const parts: Part[] = [
      ['from', headerOf(from)],
      ...headersOf(to).map((one): Part => ['to', one]),
      ['subject', subject],
      ['text', text],
      ['html', html],
      ...(replyTo === null ? [] : [['h:Reply-To', headerOf(replyTo)] as const]),
    ]
    return {
      path: `/v3/${encodeURIComponent((domain ?? from.email.split('@')[1] ?? '').toWellFormed())}/messages`,
      headers: {
        authorization: `Basic ${toBase64(utf8(`api:${api_key}`))}`,
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body: multipart(parts, boundary),
    }
  },
  secretHeader: 'authorization',
  table: [{ status: 403, is: 'credentials' }],
  codes: noCodes,
}
