import { createSign } from 'node:crypto'
import { generate } from 'selfsigned'

interface SelfSigned {
  cert: string
  private: string
}

/** A certificate with its private key, valid for these years. */
export const selfSigned = (from = 2020, to = 2040): Promise<SelfSigned> =>
  generate([{ name: 'commonName', value: 'sender.example' }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(`${from}-01-01T00:00:00Z`),
    notAfterDate: new Date(`${to}-01-01T00:00:00Z`),
  })

/** The base64 of the signature that OpenSSL makes of it. */
export const rsaSign = (key: string, content: string, hash = 'RSA-SHA256'): string =>
  createSign(hash).update(content).sign(key, 'base64')

/** A `fetch` that answers these URLs, and no others; `asked` collects what it was asked for. */
export function fetchOf(answers: Record<string, () => Response>, asked: string[] = []) {
  return (async (input: string) => {
    asked.push(input)
    const answer = answers[input]
    if (answer === undefined) throw new TypeError('there is no such host')
    return answer()
  }) as typeof fetch
}
