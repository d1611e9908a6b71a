import { describe, expect, it } from 'vitest'
import { checkAddress } from '../../src/destinations/address.ts'
import { entryOf, parseAllowlist } from '../../src/destinations/allowlist.ts'
import { cidrText } from '../../src/destinations/ip.ts'
import { parseCidr, parseIp } from '../../src/destinations/ip.ts'

const allows = (url: string, allowlist = '') => checkAddress(url, parseAllowlist(allowlist)).ok

describe('an address that is not public is refused', () => {
  it.each([
    // IPv4, plain
    'https://0.0.0.0/',
    'https://0.1.2.3/',
    'https://10.0.0.1/',
    'https://10.255.255.255/',
    'https://100.64.0.1/',
    'https://100.100.100.200/latest/meta-data',
    'https://100.127.255.255/',
    'https://127.0.0.1/',
    'https://127.255.255.254:8443/',
    'https://168.63.129.16/',
    'https://169.254.169.254/latest/meta-data',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.0.0.192/',
    'https://192.0.2.1/',
    'https://192.88.99.1/',
    'https://192.168.1.1/',
    'https://198.18.0.1/',
    'https://198.19.255.255/',
    'https://198.51.100.7/',
    'https://203.0.113.9/',
    'https://224.0.0.1/',
    'https://239.255.255.255/',
    'https://240.0.0.1/',
    'https://255.255.255.255/',
    // IPv4 in other spellings
    'https://127.1/',
    'https://0x7f.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://0177.0.0.01/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://0xa9fea9fe/',
    'https://0/',
    // IPv6
    'https://[::]/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[fc00::1]/',
    'https://[fd00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[febf::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[100::1]/',
    'https://[5f00::1]/',
    'https://[2001:db8::1]/',
    'https://[3fff::1]/',
    'https://[2001:2::1]/',
    'https://[2001:20::1]/',
    // IPv4 inside of IPv6
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[::ffff:0:127.0.0.1]/',
    'https://[::127.0.0.1]/',
    'https://[::10.0.0.1]/',
    'https://[64:ff9b::c0a8:1]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:c0a8:1::1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
    // Names
    'https://localhost/',
    'https://LOCALHOST/',
    'https://localhost./',
    'https://app.localhost/',
    'https://loc\u00ADalhost/',
    'https://localhost.localdomain/',
    'https://printer.local/',
    'https://printer.local./',
    'https://db.internal/',
    'https://metadata.google.internal/computeMetadata/v1/',
    'https://metadata.google.internal./',
    'https://nas.home.arpa/',
    'https://1.0.0.127.in-addr.arpa/',
    'https://router.lan/',
    'https://wiki.corp/',
    'https://abcdef.onion/',
    'https://intranet/',
    'https://metadata/',
    'https://example.com./',
    'https://127.0.0.1.nip.io/',
    'https://10-0-0-1.sslip.io/',
    'https://a.xip.io/',
    'https://localtest.me/',
    'https://x.LOCALTEST.me/',
    'https://lvh.me/',
    // Not https, or more than an address
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,hello',
    'https://user@example.com/',
    'https://user:pass@example.com/',
    'https://:pass@example.com/',
    'https://example.com:22/',
    'https://example.com:25/',
    'https://example.com:6000/',
    'https://exa mple.com/',
    'https://',
    '//example.com/',
    'example.com',
    '',
  ])('%s', (url) => {
    expect(allows(url)).toBe(false)
  })
})

describe('a public address is taken', () => {
  it.each([
    'https://example.com/',
    'https://example.com:8443/hook?x=1#y',
    'https://EXAMPLE.com/',
    'https://münchen.example/',
    'https://hooks.slack.com/services/T/B/X',
    'https://notlocalhost.com/',
    'https://mylocal.dev/',
    'https://internal.example.com/',
    'https://nip.io.example.com/',
    'https://evilnip.io/',
    'https://1.1.1.1/',
    'https://9.255.255.255/',
    'https://11.0.0.0/',
    'https://100.63.255.255/',
    'https://100.128.0.0/',
    'https://172.15.255.255/',
    'https://172.32.0.0/',
    'https://192.0.1.1/',
    'https://198.17.255.255/',
    'https://198.20.0.0/',
    'https://223.255.255.255/',
    'https://[2606:4700:4700::1111]/',
    'https://[2a00:1450:4001::1]/',
    'https://[2001:4860:4860::8888]/',
  ])('%s', (url) => {
    expect(allows(url)).toBe(true)
  })
})

describe('the allowlist', () => {
  it.each([
    ['http://127.0.0.1:9000/', '127.0.0.0/8', true],
    ['http://127.1:9000/', '127.0.0.0/8', true],
    ['https://127.0.0.1/', '127.0.0.1', true],
    ['http://128.0.0.1/', '127.0.0.0/8', false],
    ['http://localhost:9000/', '127.0.0.0/8', false],
    ['http://localhost:9000/', 'localhost', true],
    ['http://LOCALHOST:9000/', 'LocalHost', true],
    ['http://localhost:9000/', 'localhost:9000', true],
    ['http://localhost:9001/', 'localhost:9000', false],
    ['http://localhost/', 'localhost:80', true],
    ['https://localhost/', 'localhost:443', true],
    ['http://10.1.2.3:8080/', '10.0.0.0/8:8080', true],
    ['http://10.1.2.3:8081/', '10.0.0.0/8:8080', false],
    ['http://a.corp/', '*.corp', true],
    ['http://a.b.corp/', '*.corp', true],
    ['http://corp/', '*.corp', false],
    ['http://acorp/', '*.corp', false],
    ['http://[::1]:9000/', '::1', true],
    ['http://[::1]:9000/', '[::1]', true],
    ['http://[::1]:9000/', '[::1]:9000', true],
    ['http://[::1]:9001/', '[::1]:9000', false],
    ['http://[fd12::7]/', 'fd00::/8', true],
    ['http://[fc12::7]/', 'fd00::/8', false],
    ['http://[::ffff:127.0.0.1]/', '127.0.0.0/8', false],
    ['http://10.0.0.1/', ' 10.0.0.1 ,\n127.0.0.1', true],
    ['http://8.8.8.8/', '0.0.0.0/0', true],
    ['http://10.0.0.1/', '', false],
    ['http://10.0.0.1/', '*', false],
    ['http://10.0.0.1/', '*.0.0.1', false],
    ['http://10.0.0.1/', '10.0.0.0/33, 10.0.0/8, 10.0.0.0/8/8, /8, 10.0.0.0/', false],
    ['http://user:pass@127.0.0.1/', '127.0.0.0/8', false],
    ['ftp://127.0.0.1/', '127.0.0.0/8', false],
    ['http://example.com/', '127.0.0.0/8', false],
    ['https://example.com/', '127.0.0.0/8', true],
  ])('%s with %j: %s', (url, allowlist, allowed) => {
    expect(allows(url, allowlist)).toBe(allowed)
  })
})

describe('an address as text', () => {
  it.each([
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.x',
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '1.2.3.4::',
    'example.com',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeNull()
    expect(parseCidr(text)).toBeNull()
  })

  it.each([
    ['0.0.0.1', 1n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['::1.2.3.4', 0x01020304n],
    ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
    ['[::A]', 10n],
  ])('%j is %d', (text, value) => {
    expect(parseIp(text)?.value).toBe(value)
  })
})

it.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.0.0.7:8080', '10.0.0.7/32'],
  ['10.0.0.0/008', '10.0.0.0/8'],
  ['[fd00::1]:443', 'fd00:0:0:0:0:0:0:1/128'],
  ['::ffff:10.0.0.0/104', '0:0:0:0:0:ffff:a00:0/104'],
  ['sink.test', 'a name'],
  ['sink', 'a name'],
  ['*.corp.test:8443', 'a name'],
  ['10.0.0.0/33', null],
  ['10.0.0/8', null],
  ['10.0.0.0-10.0.0.9', null],
  ['0127.0.0.1', null],
  ['http://127.0.0.1', null],
  ['*', null],
  ['bücher.test', null],
])('%s in the allowlist means %j', (entry, meaning) => {
  const found = entryOf(entry)
  expect(found !== null && 'range' in found ? cidrText(found.range) : found && 'a name').toBe(
    meaning,
  )
})
