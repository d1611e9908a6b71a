import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { concat, toText, utf8 } from '../../src/signing/bytes.ts'
import {
  fromBase64,
  fromBase64Url,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
} from '../../src/signing/encodings.ts'
import { equal } from '../../src/signing/equal.ts'

const samples = [0, 1, 2, 3, 31, 32, 33, 64, 8191, 8192, 8193, 100_000].map((length) =>
  Uint8Array.from({ length }, (_, i) => (i * 7919 + length) & 255),
)

it.each(samples.map((bytes) => [bytes.length, bytes] as const))(
  'reads and writes %i bytes',
  (_n, bytes) => {
    const buffer = Buffer.from(bytes)
    expect(toHex(bytes)).toBe(buffer.toString('hex'))
    expect(toBase64(bytes)).toBe(buffer.toString('base64'))
    expect(toBase64Url(bytes)).toBe(buffer.toString('base64url'))
    expect(fromHex(toHex(bytes))).toEqual(bytes)
    expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    expect(fromBase64(toBase64(bytes).replaceAll('=', ''))).toEqual(bytes)
    expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
  },
)

describe('strictness', () => {
  it.each(['0', '0g', '00 ', ' 00', '0x00', '00\n', '００'])('%j is not hex', (text) => {
    expect(fromHex(text)).toBeNull()
  })

  it.each([
    'A',
    'AA=',
    'AA===',
    'AAA==',
    'AAAA=',
    '=',
    '====',
    'AB==',
    'AAB=',
    'AB',
    'A-_A',
    'AA A',
    'AAAA\n',
    ' AAAA',
    'AA==AA==',
    'AAAA!',
  ])('%j is not base64', (text) => {
    expect(fromBase64(text)).toBeNull()
  })

  it.each(['A+/A', 'AB', 'A', 'AA=', 'AA\n'])('%j is not URL-safe base64', (text) => {
    expect(fromBase64Url(text)).toBeNull()
  })

  it('is a matter of a moment, also for a long text that goes wrong at its end', () => {
    const start = performance.now()
    expect(fromBase64(`${'A'.repeat(1_000_000)}!`)).toBeNull()
    expect(fromHex(`${'0'.repeat(1_000_000)}!`)).toBeNull()
    expect(performance.now() - start).toBeLessThan(500)
  })

  it('does not throw, however long the text', () => {
    const long = 'A'.repeat(12_000_000)
    expect([fromBase64(long)?.length, fromHex(long)?.length]).toEqual([9_000_000, 6_000_000])
    expect(fromBase64(`${long}A`)).toBeNull()
  })
})

describe('equal', () => {
  it.each([
    [[], [], true],
    [[1, 2], [1, 2], true],
    [[1, 2], [1, 3], false],
    [[1, 2], [1, 2, 0], false],
    [[1], [], false],
  ])('%j and %j: %j', (a, b, same) => {
    expect(equal(Uint8Array.from(a), Uint8Array.from(b))).toBe(same)
  })
})

it('keeps bytes whole', () => {
  expect(concat(utf8('é'), Uint8Array.of(), Uint8Array.of(255))).toEqual(
    Uint8Array.of(0xc3, 0xa9, 255),
  )
  expect(toText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 255))).toBe('\ufeffa\ufffd')
})
