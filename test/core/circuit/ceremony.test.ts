import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  beaconTime,
  type CeremonyTranscript,
  CONTRIBUTIONS_MAX,
  formatTranscript,
  newestKey,
  parseTranscript,
  TRANSCRIPT_BYTES_MAX,
} from '../../../src/core/circuit/ceremony.ts'
import {
  announcementProblem,
  attestationOf,
  beaconProblem,
  contributionsProblem,
  contributorsProblem,
  filesProblem,
  type KeyContribution,
} from '../../../src/core/circuit/ceremony-checks.ts'
import { knownPowers } from '../../../src/core/circuit/known-powers.ts'
import { QUICKNET, randomnessOf } from '../../../src/crypto/drand.ts'
import { InvalidInputError, LimitExceededError } from '../../../src/protocol/errors.ts'
import type { Hex } from '../../../src/protocol/types.ts'

const SIGNATURE_1000 =
  '0xb44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39'
const SIGNATURE_1001 =
  '0xb33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41'

const hex = (byte: string, bytes = 32) => `0x${byte.repeat(bytes)}` as Hex
const TIME = QUICKNET.genesisTime

const whole: CeremonyTranscript = {
  circuit: {
    name: 'sum',
    compiler: 'circom2 0.2.23',
    flags: ['--r1cs', '--O2'],
    constraints: hex('01'),
    module: hex('02'),
  },
  powers: { sha256: hex('03'), blake2b: hex('04', 64) },
  beacon: { chain: QUICKNET.chainHash, round: 1000, announcedAt: TIME + 10, iterationsLog: 10 },
  start: { time: TIME + 10, provingKey: hex('10') },
  contributions: [
    { name: 'Alice', time: TIME + 20, hash: hex('a1', 64), provingKey: hex('11') },
    { name: 'Bob, Zürich', time: TIME + 30, hash: hex('a2', 64), provingKey: hex('12') },
  ],
  end: {
    time: TIME + 3000,
    hash: hex('a3', 64),
    provingKey: hex('13'),
    signature: SIGNATURE_1000,
    verificationKey: hex('20'),
  },
}
const found: readonly KeyContribution[] = [
  { name: 'Alice', hash: hex('a1', 64), beacon: undefined },
  { name: 'Bob, Zürich', hash: hex('a2', 64), beacon: undefined },
  { name: 'beacon', hash: hex('a3', 64), beacon: { value: randomnessOf(SIGNATURE_1000), iterationsLog: 10 } },
]
const files = { provingKey: hex('13'), constraints: hex('01'), powers: hex('03') }

describe('a transcript', () => {
  it('is written and read as the same, whole or not yet [CER-1]', () => {
    for (const transcript of [
      whole,
      { ...whole, end: undefined },
      { ...whole, contributions: [], end: undefined },
    ])
      assert.deepEqual(parseTranscript(formatTranscript(transcript)), transcript)
    assert.match(formatTranscript(whole), /"announcedAt": "2023-08-23T15:09:37Z"/)
  })

  it('has its newest key at its end [CER-1]', () => {
    assert.equal(newestKey(whole), hex('13'))
    assert.equal(newestKey({ ...whole, end: undefined }), hex('12'))
    assert.equal(newestKey({ ...whole, contributions: [], end: undefined }), hex('10'))
  })

  /** Its JSON with one place changed; an undefined value takes it out. */
  const changed = (path: readonly (string | number)[], value: unknown): string => {
    const json = JSON.parse(formatTranscript(whole))
    const [last, ...parents] = path.toReversed()
    const parent = parents.reverse().reduce((at, key) => at[key], json)
    if (value === undefined) delete parent[last as string]
    else parent[last as string] = value
    return JSON.stringify(json)
  }

  it('is refused with a field too few or too many, wherever it is [CER-1]', () => {
    const objects = [
      [],
      ['circuit'],
      ['powers'],
      ['beacon'],
      ['start'],
      ['contributions', 0],
      ['end'],
    ] as const
    for (const path of objects) {
      assert.throws(() => parseTranscript(changed([...path, 'more'], 1)), InvalidInputError, path.join('.'))
      const at = path.reduce((json, key) => json[key], JSON.parse(formatTranscript(whole)))
      for (const name of Object.keys(at))
        assert.throws(() => parseTranscript(changed([...path, name], undefined)), InvalidInputError, name)
    }
  })

  it('is refused with a value of another kind or out of its range [CER-1]', () => {
    const cases: readonly (readonly [readonly (string | number)[], readonly unknown[]])[] = [
      [['format'], ['dikast.ceremony.v2', 1]],
      [
        ['circuit', 'name'],
        ['', 'a'.repeat(65), 'a\nb', '\u202eabc', 7],
      ],
      [
        ['circuit', 'flags'],
        ['--O2', ['\u0000']],
      ],
      [
        ['circuit', 'constraints'],
        ['0x01', hex('AB'), hex('01').slice(2), `${hex('01')}00`],
      ],
      [
        ['powers', 'blake2b'],
        [hex('04'), null],
      ],
      [
        ['beacon', 'round'],
        [0, 1.5, '1000', 2 ** 53],
      ],
      [
        ['beacon', 'iterationsLog'],
        [9, 21, 63],
      ],
      [
        ['beacon', 'announcedAt'],
        ['2023-08-23', '2023-02-30T00:00:00Z', '2023-08-23T15:09:37.5Z', 1, '2023-08-23T25:00:00Z'],
      ],
      [['contributions'], [{}, null]],
      [
        ['contributions', 0, 'name'],
        ['', 'ü'.repeat(33), '\u001b[2J'],
      ],
      [['contributions', 0, 'hash'], [hex('a1')]],
      [
        ['end', 'signature'],
        [hex('00', 32), null],
      ],
      [['end'], [undefined, []]],
    ]
    for (const [path, values] of cases)
      for (const value of values)
        assert.throws(
          () => parseTranscript(changed(path, value)),
          InvalidInputError,
          `${path.join('.')} ${value}`,
        )
    assert.throws(() => parseTranscript('{'), InvalidInputError)
    assert.throws(() => parseTranscript('[]'), InvalidInputError)
  })

  it('is bounded in bytes and in contributions [CER-1]', () => {
    assert.throws(() => parseTranscript(' '.repeat(TRANSCRIPT_BYTES_MAX + 1)), LimitExceededError)
    const many = (count: number) => ({
      ...whole,
      contributions: Array.from({ length: count }, () => whole.contributions[0] as never),
    })
    assert.equal(
      parseTranscript(formatTranscript(many(CONTRIBUTIONS_MAX))).contributions.length,
      CONTRIBUTIONS_MAX,
    )
    assert.throws(() => parseTranscript(formatTranscript(many(CONTRIBUTIONS_MAX + 1))), LimitExceededError)
  })
})

describe('a transcript against its key and its files', () => {
  it('has nothing wrong when all is as it tells [CER-6]', () => {
    assert.equal(filesProblem(whole, files), undefined)
    assert.equal(contributionsProblem(found, whole), undefined)
    assert.equal(announcementProblem(whole), undefined)
    assert.equal(beaconProblem(found, whole), undefined)
    assert.equal(contributorsProblem(found), undefined)
  })

  it('is about other constraints, powers or another key [CER-6]', () => {
    for (const name of ['provingKey', 'constraints', 'powers'] as const)
      assert.match(filesProblem(whole, { ...files, [name]: hex('99') }) ?? '', /sha256/)
  })

  it('has steps out of order, or a key twice [CER-6]', () => {
    const [alice, bob] = whole.contributions as [never, never]
    const late = { ...whole, contributions: [bob, alice] }
    assert.match(filesProblem(late, files) ?? '', /before the one it follows/)
    const twice = { ...whole, contributions: [alice, { ...(bob as object), provingKey: hex('11') } as never] }
    assert.match(filesProblem(twice, files) ?? '', /same key/)
  })

  it('has contributions the key has not: one more or less, swapped, renamed, with another hash [CER-6]', () => {
    const [alice, bob, last] = found as [KeyContribution, KeyContribution, KeyContribution]
    for (const [other, words] of [
      [[alice, last], /2 contributions/],
      [[alice, bob, bob, last], /4 contributions/],
      [[bob, alice, last], /contribution 1 has another hash/],
      [[{ ...alice, name: 'Mallory' }, bob, last], /«Mallory»/],
      [[alice, { ...bob, hash: hex('a9', 64) }, last], /contribution 2 has another hash/],
      [[alice, bob, { ...last, beacon: undefined }], /no beacon/],
      [[alice, { ...bob, beacon: last.beacon }, last], /a beacon in the key alone/],
    ] as const)
      assert.match(contributionsProblem(other, whole) ?? '', words)
  })

  it('announced its beacon when it was out, or when others had begun, or of a chain that somebody owns [CER-6]', () => {
    const of = (changes: object, more: object = {}) =>
      announcementProblem({ ...whole, ...more, beacon: { ...whole.beacon, ...changes } })
    const out = beaconTime(whole)
    assert.equal(out, TIME + 999 * 3)
    const late = { start: { ...whole.start, time: out }, contributions: [] }
    assert.match(of({ announcedAt: out }, late) ?? '', /announced only at/)
    assert.equal(of({ announcedAt: out - 1 }, late), undefined)
    assert.match(of({ announcedAt: TIME + 11 }) ?? '', /others had begun/)
    assert.match(of({ chain: hex('52') }) ?? '', /another chain/)
    const [alice] = whole.contributions as [never]
    const after = { contributions: [alice, { ...(alice as object), time: out } as never] }
    assert.match(of({}, after) ?? '', /contribution 2 came after/)
  })

  it('ends with no beacon, another round, another value, other iterations, or a beacon before the last [CER-6]', () => {
    const [alice, bob, last] = found as [KeyContribution, KeyContribution, KeyContribution]
    const { end, beacon } = whole
    assert.ok(end)
    const made = (beaconOf: object) =>
      [alice, bob, { ...last, beacon: { ...last.beacon, ...beaconOf } }] as never
    for (const [contributions, transcript, words] of [
      [found, { ...whole, end: undefined }, /not been ended/],
      [[alice, bob], whole, /not been ended/],
      [[last, alice, last], whole, /another beacon/],
      [found, { ...whole, end: { ...end, signature: SIGNATURE_1001 } }, /not quicknet's of round 1000/],
      [found, { ...whole, beacon: { ...beacon, round: 1001 } }, /not quicknet's of round 1001/],
      [made({ value: randomnessOf(SIGNATURE_1001) }), whole, /was ended with/],
      [made({ iterationsLog: 11 }), whole, /2\^11/],
    ] as const)
      assert.match(beaconProblem(contributions, transcript as CeremonyTranscript) ?? '', words)
  })

  it('has no contributor, or beacons alone: everybody knows the secret [CER-7]', () => {
    assert.match(contributorsProblem([]) ?? '', /nobody/)
    assert.match(contributorsProblem(found.slice(2)) ?? '', /only beacons/)
  })
})

describe('an attestation', () => {
  it('names all that a contribution rests on, and the beacon that will end it [CER-6]', () => {
    const text = attestationOf({ ...whole, end: undefined }, 1)
    const { circuit, powers, contributions } = whole
    for (const part of [
      circuit.constraints,
      powers.sha256,
      hex('11'),
      hex('12'),
      contributions[1]?.hash,
      'round 1000',
      QUICKNET.chainHash,
    ])
      assert.ok(text.includes(part ?? '?'), part)
    assert.equal(attestationOf(whole, 1), text)
    assert.ok(attestationOf(whole, 0).includes(hex('10')))
    assert.throws(() => attestationOf(whole, 2), RangeError)
  })
})

describe('the public powers of tau', () => {
  it('are known by their digests, and no others are [CER-3]', () => {
    const power15 =
      '0x982372c867d229c236091f767e703253249a9b432c1710b4f326306bfa2428a17b06240359606cfe4d580b10a5a1f63fbed499527069c18ae17060472969ae6e'
    assert.equal(knownPowers(power15), 15)
    assert.equal(knownPowers(`${power15.slice(0, -1)}f` as Hex), undefined)
  })
})
