import { concat } from '../signing/bytes.ts'
import type { Deadline } from './deadline.ts'
import { late } from './deadline.ts'

export interface BoundedBody {
  bytes: Uint8Array
  /** There was more, or the end did not come. */
  truncated: boolean
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
  const chunks: Uint8Array[] = []
  let room = cap
  const read = (truncated: boolean): BoundedBody => ({ bytes: concat(...chunks), truncated })
  if (response.body === null) return read(false)
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
      chunks.push(value.subarray(0, room))
      if (value.length > room) return cut()
      room -= value.length
    }
  } catch {
    return read(true)
  }
}
