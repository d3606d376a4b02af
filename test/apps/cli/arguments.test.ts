import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  logLevel,
  parseAddress,
  parseAnnouncedAddress,
  parseDigest,
  parseEther,
  parseGwei,
  parseListenAddress,
  parseSomeEther,
  wholeNumber,
} from '../../../src/apps/cli/arguments.ts'
import { EXIT } from '../../../src/apps/cli/exit.ts'
import { parseFunctionName } from '../../../src/apps/cli/function-lookup.ts'
import { ether } from '../../../src/apps/cli/output.ts'
import { failureIn, runHere } from './support/run.ts'

/** Each text is refused, with an error that says where it came in and how to mend it. */
function refuses(parse: (text: string) => unknown, texts: readonly string[]): void {
  for (const text of texts) {
    assert.throws(() => parse(text), { code: 'INVALID_INPUT', field: '--x' }, `«${text}» was taken`)
  }
}

describe('an amount of ether', () => {
  const parse = (text: string) => parseEther('--x', text)

  it('is exact to the wei', () => {
    assert.equal(parse('1'), 10n ** 18n)
    assert.equal(parse('0.000000000000000001'), 1n)
    assert.equal(parse('123456789.5'), 123_456_789_500_000_000_000_000_000n)
    assert.equal(parse('0'), 0n)
  })

  it('reads back what ether() prints, whatever the amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 27n - 1n }), (wei) => {
        assert.equal(parse(ether(wei).replace(' ETH', '')), wei)
      }),
    )
  })

  it('is refused with more decimals than a wei, a sign, an exponent, a separator or a unit', () => {
    refuses(parse, [
      '',
      '-1',
      '+1',
      '1e18',
      '1,5',
      '1.',
      '.5',
      '1 ETH',
      '0x1',
      '1.0000000000000000001',
      ' 1',
      '١',
      'NaN',
    ])
  })

  it('is refused when it is nothing where something must be paid', () => {
    refuses((text) => parseSomeEther('--x', text), ['0', '0.0', '-1'])
    assert.equal(parseSomeEther('--x', '0.1'), 10n ** 17n)
  })

  it('is never cut off in an error, but a long text is', () => {
    assert.throws(
      () => parse('9'.repeat(10_000)),
      (error: Error) => error.message.length < 200 && error.message.includes('…'),
    )
  })
})

describe('an amount of gwei', () => {
  it('is exact to the wei', () => {
    assert.equal(parseGwei('--x', '1.5'), 1_500_000_000n)
    assert.equal(parseGwei('--x', '0.000000001'), 1n)
  })

  it('is refused with more than nine decimals', () => {
    refuses((text) => parseGwei('--x', text), ['0.0000000001', '-1', '1gwei', ''])
  })
})

describe('an address', () => {
  const parse = (text: string) => parseAddress('--x', text)
  const checksummed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'

  it('is taken in one case, or with its EIP-55 checksum', () => {
    for (const text of [checksummed, checksummed.toLowerCase(), `0x${checksummed.slice(2).toUpperCase()}`]) {
      assert.equal(parse(text), text)
    }
  })

  it('is refused when a letter of its checksum changed: money would go elsewhere', () => {
    refuses(parse, [checksummed.replace('aA', 'AA'), checksummed.replace('Aed', 'aed')])
  })

  it('is refused in another shape, and when it is nobody’s', () => {
    refuses(parse, [
      '',
      '0x',
      checksummed.slice(0, -1),
      `${checksummed}0`,
      checksummed.slice(2),
      'vitalik.eth',
      `0x${'0'.repeat(40)}`,
    ])
  })
})

describe('a digest', () => {
  it('is taken in any case, and kept in lower case', () => {
    assert.equal(parseDigest('--x', `0x${'Ab'.repeat(32)}`), `0x${'ab'.repeat(32)}`)
  })

  it('is refused in another shape', () => {
    refuses(
      (text) => parseDigest('--x', text),
      ['', '0x', `0x${'ab'.repeat(31)}`, `0x${'ab'.repeat(33)}`, 'ab'.repeat(32), `0x${'zz'.repeat(32)}`],
    )
  })
})

describe('a whole number', () => {
  const parse = (text: string) => wholeNumber('--x', text, 4, 256)

  it('is taken at both ends of its range', () => {
    assert.equal(parse('4'), 4)
    assert.equal(parse('256'), 256)
  })

  it('is refused with the range as the way out', () => {
    assert.throws(() => parse('3'), { code: 'INVALID_INPUT', fix: 'give a whole number from 4 to 256' })
  })

  it('is refused outside, and in any other notation', () => {
    refuses(parse, ['3', '257', '', '-4', '4.0', '1e2', '0x10', ' 5', '5 ', 'five', '9'.repeat(400)])
  })
})

describe('an address to listen on', () => {
  const parse = (text: string) => parseListenAddress('--x', text)

  it('is a TCP port of an IP address, or any free one', () => {
    for (const text of ['/ip4/0.0.0.0/tcp/4001', '/ip4/127.0.0.1/tcp/0', '/ip6/::/tcp/65535'])
      assert.equal(parse(text), text)
  })

  it('is refused for anything libp2p would not listen on as it is written', () => {
    refuses(parse, [
      '',
      'bar',
      '4001',
      '0.0.0.0:4001',
      '/ip4/0.0.0.0/tcp/65536',
      '/ip4/0.0.0.0/tcp/-1',
      '/ip4/0.0.0.0/tcp/',
      '/ip4/0.0.0.0/tcp',
      '/ip4/0.0.0/tcp/1',
      '/ip6/0.0.0.0/tcp/1',
      '/ip4/::/tcp/1',
      '/ip4/0.0.0.0/udp/1',
      '/ip4/0.0.0.0/tcp/1/ws',
      '/dns4/localhost/tcp/1',
      'x/ip4/0.0.0.0/tcp/1',
    ])
  })
})

describe('an address to announce', () => {
  const parse = (text: string) => parseAnnouncedAddress('--x', text)

  it('is a TCP port of an IP address or a name', () => {
    for (const text of [
      '/ip4/203.0.113.7/tcp/4001',
      '/ip6/2001:db8::1/tcp/1',
      '/dns4/node.example.org/tcp/1',
    ])
      assert.equal(parse(text), text)
  })

  it('is refused when nobody could dial it', () => {
    refuses(parse, [
      '',
      'bar',
      '/ip4/203.0.113.7/tcp/0',
      '/dns4//tcp/1',
      '/dns4/a b/tcp/1',
      '/ip4/a.org/tcp/1',
    ])
  })
})

describe('node start and coordinator start', () => {
  for (const command of ['node', 'coordinator']) {
    it(`${command}: refuse an address before they look for a network, keys or a chain`, async () => {
      for (const flag of ['--listen', '--announce']) {
        const ended = await runHere([command, 'start', flag, 'bar', '--network', '/nowhere', '--json'])
        assert.equal(ended.code, EXIT.usage)
        assert.match(failureIn(ended).message, new RegExp(`^${flag}: «bar» is not the multiaddr`))
        assert.match(failureIn(ended).fix, /\/tcp\/4001/)
      }
    })
  }
})

describe('a function’s name', () => {
  it('is 3 to 32 of a-z, 0-9 and the hyphen, which neither begins nor ends it', () => {
    for (const name of ['abc', 'price-feed', '0-0', 'a'.repeat(32)])
      assert.equal(parseFunctionName('--x', name), name)
    refuses(
      (text) => parseFunctionName('--x', text),
      ['ab', 'a'.repeat(33), '-ab', 'ab-', 'Abc', 'a b', 'a_b', 'ä-ä', ''],
    )
  })
})

describe('a log level', () => {
  it('is one of four', () => {
    assert.equal(logLevel('debug'), 'debug')
    assert.throws(() => logLevel('verbose'), { code: 'INVALID_INPUT' })
  })
})
