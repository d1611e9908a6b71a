export type ReadBody =
  | { kind: 'read'; bytes: Uint8Array }
  | { kind: 'too_large' }
  | { kind: 'unreadable' }

/** The body's very bytes, up to `limit`: refused by its header where that is honest, else by count while reading. */
export async function readBody(request: Request, limit: number): Promise<ReadBody> {
  const length = request.headers.get('content-length')
  if (Number(length ?? 0) > limit) return { kind: 'too_large' }
  // With its length known, and within the limit, the runtime reads it faster at once than we do piece by piece.
  if (length !== null) return readWhole(request)
  if (request.body === null) return { kind: 'read', bytes: new Uint8Array() }
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.length
      if (size > limit) return { kind: 'too_large' }
      chunks.push(value)
    }
  } catch {
    return { kind: 'unreadable' }
  } finally {
    // What is left is the door's to throw away.
    reader.releaseLock()
  }
  return { kind: 'read', bytes: joined(chunks, size) }
}

async function readWhole(request: Request): Promise<ReadBody> {
  try {
    return { kind: 'read', bytes: new Uint8Array(await request.arrayBuffer()) }
  } catch {
    return { kind: 'unreadable' }
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
