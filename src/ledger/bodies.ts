import type { Seq } from '../model/event-id.ts'
import type { Tables } from './tables.ts'

/** A body up to this size lies in its event's row and costs no row of its own. */
const inlineBytes = 16_384
/** A row may hold 2 MB. */
const partBytes = 1_900_000

/** What SQL is to bind: the bytes alone, copied only where their buffer holds more than them. */
function exactly(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes
  const isWhole = buffer.byteLength === bytes.byteLength
  return isWhole && buffer instanceof ArrayBuffer ? buffer : bytes.slice().buffer
}

export const inlineBody = (body: Uint8Array): ArrayBuffer | null =>
  body.byteLength <= inlineBytes ? exactly(body) : null

/** Keeps a large body in as many rows as it needs; a small one lies in the event's row already. */
export function keepBody(tables: Tables, seq: Seq, body: Uint8Array): void {
  if (body.byteLength <= inlineBytes) return
  for (let part = 0; part * partBytes < body.byteLength; part++) {
    const bytes = body.subarray(part * partBytes, (part + 1) * partBytes)
    tables.run('INSERT INTO bodies VALUES (?, ?, ?)', seq, part, exactly(bytes))
  }
}

/** The very bytes that were kept. */
export function readBody(tables: Tables, seq: Seq, inline: ArrayBuffer | null): Uint8Array {
  if (inline !== null) return new Uint8Array(inline)
  const parts = tables.all<{ bytes: ArrayBuffer }>(
    'SELECT bytes FROM bodies WHERE seq = ? ORDER BY part',
    seq,
  )
  const body = new Uint8Array(parts.reduce((size, { bytes }) => size + bytes.byteLength, 0))
  let at = 0
  for (const { bytes } of parts) {
    body.set(new Uint8Array(bytes), at)
    at += bytes.byteLength
  }
  return body
}
