import { describe, expect, it } from 'vitest'
import {
  elementRanges,
  memberRange,
  nestsDeeperThan,
  type Range,
} from '../../src/model/raw-json.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const at = (json: Uint8Array, range: Range | null): string | null =>
  range === null ? null : new TextDecoder().decode(json.subarray(range.start, range.end))

function member(text: string, name = 'data'): string | null {
  JSON.parse(text)
  const json = bytesOf(text)
  return at(json, memberRange(json, name))
}

describe('the bytes of a member', () => {
  it.each([
    ['an object', '{"data":{"a":1}}', '{"a":1}'],
    ['a text', '{"data":"x"}', '"x"'],
    ['a number at the end', '{"type":"t","data":12}', '12'],
    ['a 20-digit integer', '{"data":12345678901234567890,"type":"t"}', '12345678901234567890'],
    ['a number with an exponent', '{"data": -1.50E+10 }', '-1.50E+10'],
    ['null', '{"data":null}', 'null'],
    ['true before white space', '{"data":true\r\n}', 'true'],
    ['white space everywhere', ' {\n\t"type" : "t" ,\r\n "data" :  [ 1 , 2 ]  } ', '[ 1 , 2 ]'],
    ['braces in strings', '{"a":"}{\\"data\\":1","data":{"b":"}]"}}', '{"b":"}]"}'],
    ['an escaped quote before the end', '{"a":"\\\\\\"","data":"\\\\"}', '"\\\\"'],
    ['duplicate keys inside', '{"data":{"a":1,"a":2}}', '{"a":1,"a":2}'],
    ['the last of two members', '{"data":1,"data":{"b":2}}', '{"b":2}'],
    ['a member of the same name deeper down', '{"x":{"data":1},"data":2}', '2'],
    ['a name that is written with an escape', '{"d\\u0061ta":3}', '3'],
    ['letters of many bytes', '{"é":"ü","data":"日本 \u2028 😀"}', '"日本 \u2028 😀"'],
    ['an empty object', '{"data":{}}', '{}'],
    ['a byte order mark in front', null, '1'],
    ['nothing, where the name is only deeper down', '{"x":{"data":1}}', null],
    ['nothing in an empty object', '{ }', null],
    ['nothing in an array', '[{"data":1}]', null],
  ])('are found: %s', (_case, text, expected) => {
    if (text !== null) return expect(member(text)).toBe(expected)
    const marked = new Uint8Array([0xef, 0xbb, 0xbf, ...bytesOf('{"data":1}')])
    return expect(at(marked, memberRange(marked, 'data'))).toBe(expected)
  })

  it('are what JSON.parse reads, in any text', () => {
    const values = ['"a\\u0022b"', '{"k":[1,{"z":"]}"}]}', '[[],[[]],{}]', '0', 'false', '""']
    for (const before of values) {
      for (const value of values) {
        const text = `{"data":${before},"x":${before} ,"data": ${value}\n,"y":${before}}`
        const found = member(text) ?? ''
        expect(found).toBe(value)
        expect(JSON.parse(found)).toEqual(JSON.parse(text).data)
      }
    }
  })

  it('are found below a million brackets without a stack', () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
    const json = bytesOf(`{"x":${deep},"data":${deep}}`)
    const range = memberRange(json, 'data')
    expect(range).toEqual({ start: 2_000_013, end: 4_000_013 })
  })
})

describe('the elements of an array', () => {
  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1]', ['1']],
    ['[ {"data":"],["} , [1,2] ,"a,b"\n]', ['{"data":"],["}', '[1,2]', '"a,b"']],
  ])('stand where they stand in %s', (text, expected) => {
    const json = bytesOf(text)
    expect(elementRanges(json)?.map((range) => at(json, range))).toEqual(expected)
  })

  it('have members of their own', () => {
    const json = bytesOf('{"events":[{"data":1},{"data": {"a" : 2}} ,{"type":"x"}]}')
    const events = memberRange(json, 'events')
    const elements = events === null ? null : elementRanges(json, events)
    const data = elements?.map((range) => at(json, memberRange(json, 'data', range)))
    expect(data).toEqual(['1', '{"a" : 2}', null])
  })

  it('are no elements where there is no array', () => {
    expect(elementRanges(bytesOf('{"a":[1]}'))).toBeNull()
  })
})

it.each([
  ['{"a":[{"b":1}]}', 3, false],
  ['{"a":[{"b":1}]}', 2, true],
  ['{"a":"[[[[{{{{"}', 1, false],
  ['[[],[],[]]', 2, false],
])('knows how deep %s nests', (text, limit, deeper) => {
  expect(nestsDeeperThan(bytesOf(text), limit)).toBe(deeper)
})
