/** Whether a UTF-16 unit is one that a literal, an escape or a class means. */
export type UnitTest = (unit: number) => boolean

const known = 256

/**
 * The engine itself is asked, one unit at a time, so that classes, escapes and case mean exactly what
 * they mean in JavaScript; on one unit it has nothing to try again.
 */
export function unitTest(text: string, ignoreCase: boolean): UnitTest {
  if (!ignoreCase && text.length === 1 && text !== '.') {
    const code = text.charCodeAt(0)
    return (unit) => unit === code
  }
  const single = new RegExp(`^(?:${text})$`, ignoreCase ? 'i' : '')
  const table = new Uint8Array(known)
  for (let unit = 0; unit < known; unit++) {
    table[unit] = single.test(String.fromCharCode(unit)) ? 1 : 0
  }
  return (unit) => (unit < known ? table[unit] === 1 : single.test(String.fromCharCode(unit)))
}
