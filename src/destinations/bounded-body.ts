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
  const bytes = new Uint8Array(cap)
  let length = 0
  if (response.body === null) return { bytes: bytes.subarray(0, 0), truncated: false }
  const reader = response.body.getReader()
  const cut = (): BoundedBody => {
    // Nobody waits for it: the receiver may take as long as it likes to notice.
    reader.cancel().catch(() => undefined)
    return { bytes: bytes.subarray(0, length), truncated: true }
  }
  try {
    for (;;) {
      const step = await deadline.race(reader.read())
      if (step === late) return cut()
      if (step.done) return { bytes: bytes.subarray(0, length), truncated: false }
      const room = cap - length
      bytes.set(step.value.subarray(0, room), length)
      length += Math.min(step.value.length, room)
      if (step.value.length > room) return cut()
    }
  } catch {
    return { bytes: bytes.subarray(0, length), truncated: true }
  }
}
