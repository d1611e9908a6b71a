/** Switchyard's own notices: `*` leaves them out, so that an alert never sets off the next one. */
const ownPrefix = 'switchyard.'

/**
 * Whether an event's type is one of `patterns`. `*` is every type but `switchyard.…`; `a.*` is `a.`
 * and whatever follows; anything else is an exact name. Switchyard's own notices are had by asking
 * for them: `switchyard.*`, or one of them by its name.
 */
export function compilePatterns(patterns: readonly string[]): (type: string) => boolean {
  const everything = patterns.includes('*')
  const prefixes = patterns
    .filter((pattern) => pattern !== '*' && pattern.endsWith('.*'))
    .map((pattern) => pattern.slice(0, -1))
  const names = new Set(patterns.filter((pattern) => pattern !== '*' && !pattern.endsWith('.*')))
  return (type) => {
    if (everything && !type.startsWith(ownPrefix)) return true
    if (names.has(type)) return true
    for (const prefix of prefixes) if (type.startsWith(prefix)) return true
    return false
  }
}
