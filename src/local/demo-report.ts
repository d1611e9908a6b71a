/** What the demo prints: a heading per part, a ✓ for each promise kept and a ✗ for each that was not. */
export interface Report {
  part(title: string): void
  say(line: string): void
  /** Answers whether it held, so that a story may go on or stop. */
  check(holds: boolean, promise: string, instead?: unknown): boolean
  failures(): number
}

export function reportTo(print: (line: string) => void): Report {
  let failures = 0
  return {
    part: (title) => print(`\n${title}`),
    say: (line) => print(`    ${line}`),
    check(holds, promise, instead) {
      if (!holds) failures += 1
      print(holds ? `  ✓ ${promise}` : `  ✗ ${promise}`)
      if (!holds && instead !== undefined) print(`    instead: ${JSON.stringify(instead)}`)
      return holds
    },
    failures: () => failures,
  }
}
