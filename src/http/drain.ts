/** Beyond these a sender is not waited for. */
const mostBytes = 64 * 1024 * 1024
const longestMs = 10_000
/** A sender that has stopped writing waits for its answer. */
const silentMs = 1000

/**
 * Reads what nobody has read of a body, and throws it away. An answer that leaves before the request is through
 * may never be seen: the sender is still writing, and meets a broken pipe instead of its 401 or 413.
 */
export async function drain(request: Request): Promise<void> {
  if (request.bodyUsed) return
  const { body } = request
  if (body === null || body.locked) return
  const reader = body.getReader()
  const give = () => void reader.cancel().catch(() => undefined)
  const timer = setTimeout(give, longestMs)
  let silence = setTimeout(give, silentMs)
  try {
    for (let size = 0; size <= mostBytes;) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.length
      clearTimeout(silence)
      silence = setTimeout(give, silentMs)
    }
    await reader.cancel()
  } catch {
    // The sender has gone: there is nobody to answer.
  } finally {
    clearTimeout(timer)
    clearTimeout(silence)
  }
}
