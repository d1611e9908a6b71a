import { expect, it } from 'vitest'
import { retryAfterMs } from '../../src/destinations/retry-after.ts'

const now = Date.parse('2026-11-20T10:00:00.000Z')
const day = 86_400_000

it.each([
  [null, null],
  ['', null],
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['2.0', 2000],
  ['0.3301', 331],
  ['86400', day],
  ['86401', day],
  ['9'.repeat(400), day],
  ['-5', null],
  ['+5', null],
  ['1e3', null],
  ['0x10', null],
  ['.5', null],
  ['5.', null],
  ['5s', null],
  ['5, 6', null],
  ['Infinity', null],
  ['soon', null],
  // RFC 9110 5.6.7
  ['Fri, 20 Nov 2026 10:00:30 GMT', 30_000],
  ['Friday, 20-Nov-26 10:00:30 GMT', 30_000],
  ['Fri Nov 20 10:00:30 2026', 30_000],
  ['Sun Nov  1 10:00:30 2026', 0],
  ['Fri, 20 Nov 2026 10:00:00 GMT', 0],
  ['Fri, 20 Nov 2026 09:59:59 GMT', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
  ['Sunday, 06-Nov-77 08:49:37 GMT', 0],
  ['Friday, 06-Nov-76 08:49:37 GMT', day],
  ['Fri, 20 Nov 2027 10:00:00 GMT', day],
  // Not HTTP dates, though `Date.parse` takes most of them
  ['2026-11-20T10:00:30Z', null],
  ['20 Nov 2026 10:00:30 GMT', null],
  ['Fri, 20 Nov 2026 10:00:30', null],
  ['Fri, 20 Nov 2026 10:00:30 UTC', null],
  ['Fri, 20 Nov 2026 10:00:30 +0100', null],
  ['Fri, 20 nov 2026 10:00:30 GMT', null],
  ['Fri, 20 Nov 26 10:00:30 GMT', null],
  ['Fri, 31 Nov 2026 10:00:30 GMT', null],
  ['Fri, 20 Nov 2026 24:00:30 GMT', null],
  ['Fri, 20 Nov 2026 10:60:30 GMT', null],
])('Retry-After %j is %j ms', (value, ms) => {
  expect(retryAfterMs(value, now)).toBe(ms)
})
