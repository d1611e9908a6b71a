/** Where a value stands in a JSON text: bytes `start` to `end` (not included), no white space around. */
export interface Range {
  start: number
  end: number
}

const quote = 0x22
const backslash = 0x5c
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const [colon, comma] = [0x3a, 0x2c]

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function skipSpace(json: Uint8Array, from: number): number {
  let at = from
  while (isSpace(json[at])) at++
  return at
}

/** The whole text, without white space and UTF-8's byte order mark in front. */
export const wholeRange = (json: Uint8Array): Range => ({
  start: skipSpace(json, json[0] === 0xef && json[1] === 0xbb && json[2] === 0xbf ? 3 : 0),
  end: json.length,
})

/** The end of the string that starts at `from`. */
function skipString(json: Uint8Array, from: number): number {
  let at = from + 1
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1
  return at + 1
}

/** The end of the value that starts at `from`. Loops instead of recursing: a body may nest as deep as it likes. */
function skipValue(json: Uint8Array, from: number): number {
  let depth = 0
  let at = from
  while (at < json.length) {
    const byte = json[at]
    if (byte === quote) at = skipString(json, at)
    else if (byte === openBrace || byte === openBracket) {
      depth++
      at++
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at
      depth--
      at++
    } else if (depth > 0) {
      at++
      continue
    } else {
      while (at < json.length && !ends(json[at])) at++
    }
    if (depth === 0) return at
  }
  return at
}

const ends = (byte: number | undefined): boolean =>
  byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte)

const decoder = new TextDecoder()

/** A member's name as `JSON.parse` reads it: `"d\u0061ta"` is `data`. */
const nameAt = (json: Uint8Array, start: number, end: number): unknown =>
  JSON.parse(decoder.decode(json.subarray(start, end)))

/**
 * Where the member `name` of the object at `within` has its value; the last one wins, as in `JSON.parse`.
 * `json` must be bytes that `JSON.parse` takes. `null`: no object, or no such member.
 */
export function memberRange(
  json: Uint8Array,
  name: string,
  within: Range = wholeRange(json),
): Range | null {
  if (json[within.start] !== openBrace) return null
  let found: Range | null = null
  let at = skipSpace(json, within.start + 1)
  while (at < within.end && json[at] === quote) {
    const nameEnd = skipString(json, at)
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1)
    const end = skipValue(json, start)
    if (json[skipSpace(json, nameEnd)] !== colon) return null
    if (nameAt(json, at, nameEnd) === name) found = { start, end }
    at = skipSpace(json, end)
    if (json[at] !== comma) break
    at = skipSpace(json, at + 1)
  }
  return found
}

/** Where each element of the array at `within` stands; `null`: it is no array. Same demand on `json`. */
export function elementRanges(json: Uint8Array, within: Range = wholeRange(json)): Range[] | null {
  if (json[within.start] !== openBracket) return null
  const ranges: Range[] = []
  let at = skipSpace(json, within.start + 1)
  while (at < within.end && json[at] !== closeBracket) {
    const end = skipValue(json, at)
    ranges.push({ start: at, end })
    at = skipSpace(json, end)
    if (json[at] !== comma) break
    at = skipSpace(json, at + 1)
  }
  return ranges
}

/** Whether the text nests deeper than `limit`. */
export function nestsDeeperThan(json: Uint8Array, limit: number): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === quote) at = skipString(json, at) - 1
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > limit) return true
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return false
}
