/** An address as a number, and how many bits it has: 32 (IPv4) or 128 (IPv6). */
export interface Ip {
  bits: 32 | 128
  value: bigint
}

/** A range of addresses: those whose first `prefix` bits are those of `base`. */
export interface Cidr {
  base: Ip
  prefix: number
}

function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return null
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255)
    ? bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
    : null
}

/** `isEnd`: only an address's last part may be written as IPv4 (RFC 4291 2.2). */
function groupsOf(text: string, isEnd: boolean): bigint[] | null {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const v4 = isEnd && i === parts.length - 1 ? parseV4(part) : null
    if (v4 !== null) groups.push(v4 >> 16n, v4 & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return null
  }
  return groups
}

function parseV6(text: string): bigint | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1))
  if (head === undefined || head === null || tail === null) return null
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array.from({ length: missing }, () => 0n), ...(tail ?? [])]
  return groups.reduce((value, group) => (value << 16n) | group, 0n)
}

/** Dotted IPv4, or IPv6 with or without brackets (RFC 4291 2.2); `null` for anything else, names among them. */
export function parseIp(text: string): Ip | null {
  const v4 = parseV4(text)
  if (v4 !== null) return { bits: 32, value: v4 }
  const v6 = parseV6(/^\[(.*)\]$/.exec(text)?.[1] ?? text)
  return v6 === null ? null : { bits: 128, value: v6 }
}

/** `10.0.0.0/8`, `fd00::/8`; a bare address is the range that holds only itself. */
export function parseCidr(text: string): Cidr | null {
  const [address = '', length, ...rest] = text.split('/')
  const base = parseIp(address)
  if (base === null || rest.length > 0) return null
  if (length === undefined) return { base, prefix: base.bits }
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Infinity
  return prefix <= base.bits ? { base, prefix } : null
}

/** Whether `ip` lies in `range`. An IPv4 range holds no IPv6 address, also none that embeds one. */
export function holds(range: Cidr, ip: Ip): boolean {
  const shift = BigInt(range.base.bits - range.prefix)
  return range.base.bits === ip.bits && range.base.value >> shift === ip.value >> shift
}

/** Whether all of `inner` lies in `outer`. */
export const contains = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefix <= inner.prefix && holds(outer, inner.base)

/** `10.0.0.0/8`, `fd00:0:0:0:0:0:0:0/8`: the range as every parser reads it. */
export function cidrText({ base: { bits, value }, prefix }: Cidr): string {
  const part = bits === 32 ? 8n : 16n
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, i) => {
    const digits = (value >> (BigInt(bits) - part * BigInt(i + 1))) & ((1n << part) - 1n)
    return digits.toString(bits === 32 ? 10 : 16)
  })
  return `${parts.join(bits === 32 ? '.' : ':')}/${prefix}`
}
