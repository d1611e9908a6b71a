/** X.690 DER, as far as keys, certificates and signatures need it. Strict: one value has one encoding. */

export interface DerElement {
  tag: number
  content: Uint8Array
  /** Tag and length with it. */
  whole: Uint8Array
}

export const der = { integer: 0x02, sequence: 0x30, utcTime: 0x17, generalizedTime: 0x18 } as const

/** Where the content starts, and how long it is; `null` for an indefinite length, and for one not at its shortest. */
function lengthAt(bytes: Uint8Array, at: number): { start: number; length: number } | null {
  const first = bytes[at]
  if (first === undefined) return null
  if (first < 0x80) return { start: at + 1, length: first }
  const count = first - 0x80
  if (count < 1 || count > 3) return null
  let length = 0
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[at + i] ?? 0)
  return length < 0x80 || length < 256 ** (count - 1) ? null : { start: at + 1 + count, length }
}

/** The elements that make up `bytes` to the last one; `null` where they do not. */
export function readDer(bytes: Uint8Array): DerElement[] | null {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const found = lengthAt(bytes, at + 1)
    // Tags of several bytes stand nowhere in what is read here.
    if (found === null || (tag & 0x1f) === 0x1f) return null
    const end = found.start + found.length
    if (end > bytes.length) return null
    elements.push({
      tag,
      content: bytes.subarray(found.start, end),
      whole: bytes.subarray(at, end),
    })
    at = end
  }
  return elements
}

/** What the one sequence that `bytes` are holds. */
export function readSequence(bytes: Uint8Array): DerElement[] | null {
  const [only, ...others] = readDer(bytes) ?? []
  return only?.tag === der.sequence && others.length === 0 ? readDer(only.content) : null
}
