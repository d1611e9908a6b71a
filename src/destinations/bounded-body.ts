import type { Deadline } from './deadline.ts'
import { late } from './deadline.ts'

export interface BoundedBody {
  bytes: Uint8Array
  /** There was more, or the end did not come. */
  truncated: boolean
}

/** Twice as long each time, so that an answer of many small pieces is not copied for each of them. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= bytes.length) return bytes
  const longer = new Uint8Array(Math.max(needed, 2 * bytes.length))
  longer.set(bytes)
  return longer
}

/**
 * The first `cap` bytes of the answer's body, at the latest at the deadline, and then the stream is canceled: a
 * receiver that sends for ever costs no more than one that sends `cap` bytes. Never throws.
 */
export async function readBounded(
  response: Response,
  cap: number,
  deadline: Deadline,
): Promise<BoundedBody> {
  let bytes = new Uint8Array()
  let length = 0
  const read = (truncated: boolean): BoundedBody => ({
    bytes: bytes.subarray(0, length),
    truncated,
  })
  // Most receivers say nothing, and a stream and its reads are a good part of what a delivery costs.
  if (response.headers.get('content-length') === '0' || response.body === null) return read(false)
  const reader = response.body.getReader()
  const cut = (): BoundedBody => {
    // Nobody waits for it: the receiver may take as long as it likes to notice.
    reader.cancel().catch(() => undefined)
    return read(true)
  }
  try {
    for (;;) {
      const step = await deadline.race(reader.read())
      if (step === late) return cut()
      if (step.done) return read(false)
      const { value } = step
      const taken = value.subarray(0, cap - length)
      bytes = withRoom(bytes, length + taken.length)
      bytes.set(taken, length)
      length += taken.length
      if (value.length > taken.length) return cut()
    }
  } catch {
    return read(true)
  }
}
