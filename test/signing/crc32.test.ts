import { crc32 as zlibs } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { utf8 } from '../../src/signing/bytes.ts'
import { crc32 } from '../../src/signing/crc32.ts'

it('has the check value of the catalogue', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array())).toBe(0)
})

it("is zlib's", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibs(bytes)))
})
