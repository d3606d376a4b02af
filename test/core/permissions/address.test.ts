import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPublicAddress, parseIpv4, parseIpv6 } from '../../../src/core/permissions/address.ts'

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')

describe('IP addresses', () => {
  it('reads IPv4 in one spelling only', () => {
    assert.equal(hex(parseIpv4('192.168.0.1')), 'c0a80001')
    for (const text of [
      '127.1',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '2130706433',
      '1.2.3.256',
      '1.2.3.4.',
      ' 1.2.3.4',
      '01.2.3.4',
    ])
      assert.equal(parseIpv4(text), undefined, text)
  })

  it('reads IPv6 with one gap and a dotted end', () => {
    assert.equal(hex(parseIpv6('::1')), `${'0'.repeat(31)}1`)
    assert.equal(hex(parseIpv6('::')), '0'.repeat(32))
    assert.equal(hex(parseIpv6('2001:DB8::8:800:200C:417A')), '20010db80000000000080800200c417a')
    assert.equal(hex(parseIpv6('1:2:3:4:5:6:7:8')), '00010002000300040005000600070008')
    assert.equal(hex(parseIpv6('::ffff:10.0.0.1')), '00000000000000000000ffff0a000001')
    assert.equal(hex(parseIpv6('64:ff9b::127.0.0.1')), '0064ff9b00000000000000007f000001')
    for (const text of [
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      ':::',
      'fe80::1%eth0',
      '::1.2.3',
      '1.2.3.4::',
      '12345::',
      '',
    ])
      assert.equal(parseIpv6(text), undefined, text)
  })

  const notPublic = [
    ['unspecified', '0.0.0.0'],
    ['unspecified', '::'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['loopback', '::1'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['cloud metadata', '169.254.169.254'],
    ['cloud metadata', '100.100.100.200'],
    ['cloud metadata', '168.63.129.16'],
    ['cloud metadata', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local', 'febf::1'],
    ['unique local', 'fc00::1'],
    ['site-local', 'fec0::1'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['documentation', '192.0.2.1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff:fff::1'],
    ['benchmarks', '198.19.0.1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped private', '::ffff:0a00:0001'],
    ['compatible loopback', '::127.0.0.1'],
    ['NAT64 of loopback', '64:ff9b::7f00:1'],
    ['NAT64 of metadata', '64:ff9b::169.254.169.254'],
    ['local NAT64', '64:ff9b:1::808:808'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['discard-only', '100::1'],
    ['no address', 'localhost'],
    ['no address', '127.1'],
  ] as const
  for (const [what, text] of notPublic)
    it(`holds ${text} (${what}) for not public [HOST-3]`, () => assert.equal(isPublicAddress(text), false))

  for (const text of [
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
    '192.0.1.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2001:200::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])
    it(`holds ${text} for public [HOST-3]`, () => assert.equal(isPublicAddress(text), true))
})
