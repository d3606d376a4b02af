/** The function registry and the verifier router. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keccak256, numberToHex } from 'viem'
import { readArtifact } from '../../scripts/deploy.ts'
import { functionIdOf } from '../../src/crypto/function-id.ts'
import type { FunctionSpec } from '../../src/protocol/types.ts'
import {
  createWorld,
  type FunctionSpecArgs,
  given,
  revertArgsOf,
  revertOf,
  ZERO_HASH,
} from './support/world.ts'

const built = given(async () => {
  const world = await createWorld()
  const { account } = world.accounts.functionOwner
  return { world, functions: world.functions, account, other: world.accounts.stranger.account }
})

const State = { unknown: 0, active: 1, paused: 2, retired: 3 } as const
const GWEI = 10n ** 9n
const FEE_MAX = (2n ** 40n - 1n) * GWEI
const FUEL_PRICE_MAX = 2n ** 24n - 1n
const FUEL_LIMIT_MAX = (2n ** 24n - 1n) * 1_000_000n
const ONE = `0x${'00'.repeat(31)}01` as const
const URIS = ['https://example.org/m.wasm']

function deploy(overrides: Partial<FunctionSpecArgs> = {}, uris: readonly string[] = URIS) {
  const { world, functions, account } = built()
  return functions.write.deploy([world.specOf(overrides), [...uris]], { account })
}

/** The field `InvalidSpec` names, or another error's name. */
async function refusedField(call: Promise<unknown>): Promise<string> {
  const { name, args } = await revertArgsOf(call)
  return name === 'InvalidSpec' ? String(args[0]) : name
}

describe('deploying a function', () => {
  it('[FUN-2] gives it the id of its owner and content, and the terms of its specification', async () => {
    const { world, functions, account, other } = built()
    const spec = world.specOf({
      committeeSize: 256,
      windowSeconds: 86_400,
      outputBytesMax: 32_768,
      flatFeePerSeat: FEE_MAX,
      royalty: FEE_MAX - GWEI,
      fuelPrice: FUEL_PRICE_MAX,
      fuelLimit: FUEL_LIMIT_MAX,
    })
    const id = await functions.read.functionIdOf([account.address, spec])
    await functions.write.deploy([spec, URIS], { account })
    const terms = await functions.read.terms([id])
    assert.equal(terms.owner.toLowerCase(), account.address)
    assert.equal(terms.verifier.toLowerCase(), world.deployment.ecdsaQuorumVerifier)
    assert.deepEqual(
      { ...terms, owner: undefined, verifier: undefined },
      {
        owner: undefined,
        verifier: undefined,
        committeeSize: 256,
        consensus: 0,
        capabilities: ZERO_HASH,
        state: State.active,
        outputBytesMax: 32_768,
        windowSeconds: 86_400,
        flatFeePerSeat: spec.flatFeePerSeat,
        royalty: spec.royalty,
        fuelPrice: FUEL_PRICE_MAX,
        challengeWindow: 0,
        fuelLimit: FUEL_LIMIT_MAX,
      },
    )
    assert.notEqual(await functions.read.functionIdOf([other.address, spec]), id)
  })

  it('[FUN-6] keeps each term apart from its neighbours', async () => {
    const { world, functions, account } = built()
    const least = { committeeSize: 4, windowSeconds: 1, outputBytesMax: 1, flatFeePerSeat: 0n, royalty: 0n }
    const none = { ...least, fuelPrice: 0n, fuelLimit: 1_000_000n }
    const greatest: Partial<FunctionSpecArgs>[] = [
      { committeeSize: 256 },
      { windowSeconds: 86_400 },
      { outputBytesMax: 32_768 },
      { flatFeePerSeat: FEE_MAX },
      { royalty: FEE_MAX },
      { fuelPrice: FUEL_PRICE_MAX },
      { fuelLimit: FUEL_LIMIT_MAX },
    ]
    for (const overrides of greatest) {
      const spec = world.specOf({ ...none, ...overrides })
      await functions.write.deploy([spec, URIS], { account })
      const terms = await functions.read.terms([await functions.read.functionIdOf([account.address, spec])])
      const { committeeSize, windowSeconds, outputBytesMax, flatFeePerSeat, royalty, fuelPrice, fuelLimit } =
        terms
      assert.deepEqual(
        { committeeSize, windowSeconds, outputBytesMax, flatFeePerSeat, royalty, fuelPrice, fuelLimit },
        { ...none, ...overrides },
      )
    }
  })

  it('[FUN-2] happens once for an owner, while another may deploy the same', async () => {
    const { world, functions, other } = built()
    await deploy()
    assert.equal(await revertOf(deploy()), 'AlreadyDeployed')
    await functions.write.deploy([world.specOf(), URIS], { account: other })
  })

  it('[FUN-2] knows nothing of an id nobody deployed', async () => {
    const terms = await built().functions.read.terms([keccak256('0x')])
    assert.equal(terms.state, State.unknown)
    assert.equal(terms.committeeSize, 0)
  })

  it('[FUN-1] accepts the bounds, and refuses what is beyond them', async () => {
    const accepted: Partial<FunctionSpecArgs>[] = [
      { committeeSize: 4, windowSeconds: 1, outputBytesMax: 1, memoryBytesMax: 1n, entry: 'e' },
      { committeeSize: 256, windowSeconds: 86_400, outputBytesMax: 32_768, memoryBytesMax: 1n << 30n },
      { entry: 'e'.repeat(64), flatFeePerSeat: FEE_MAX, royalty: FEE_MAX },
      { runtime: 'wasmer-1', flatFeePerSeat: 0n, royalty: 0n },
      { fuelLimit: 1_000_000n, fuelPrice: 0n },
      { fuelLimit: FUEL_LIMIT_MAX, fuelPrice: FUEL_PRICE_MAX },
    ]
    for (const overrides of accepted) await deploy(overrides)
    const refused: Partial<FunctionSpecArgs>[] = [
      { kind: 1 },
      { moduleHash: ZERO_HASH },
      { entry: '' },
      { entry: 'e'.repeat(65) },
      { runtime: 'unmetered' },
      { runtime: 'deterministic-2' },
      { runtime: '' },
      { capabilities: ONE },
      { permissions: ['https://example.org'] },
      { agreement: 'a'.repeat(513) },
      { committeeSize: 3 },
      { committeeSize: 257 },
      { fuelLimit: 0n },
      { fuelLimit: 1n },
      { fuelLimit: 1_000_001n },
      { fuelLimit: FUEL_LIMIT_MAX + 1_000_000n },
      { fuelPrice: FUEL_PRICE_MAX + 1n },
      { memoryBytesMax: 0n },
      { memoryBytesMax: (1n << 30n) + 1n },
      { outputBytesMax: 0 },
      { outputBytesMax: 32_769 },
      { windowSeconds: 0 },
      { windowSeconds: 86_401 },
      { flatFeePerSeat: FEE_MAX + GWEI },
      { flatFeePerSeat: FEE_MAX + 1n },
      { flatFeePerSeat: 1n },
      { royalty: FEE_MAX + GWEI },
      { royalty: GWEI - 1n },
      { verificationKeyHash: keccak256('0x') },
    ]
    for (const overrides of refused) {
      assert.equal(await refusedField(deploy(overrides)), Object.keys(overrides).join())
    }
    assert.equal(await revertOf(deploy({}, Array(9).fill('u'))), 'InvalidSpec')
    assert.equal(await revertOf(deploy({}, ['u'.repeat(257)])), 'InvalidSpec')
    await deploy({ moduleHash: keccak256('0x02') }, Array(8).fill('u'.repeat(256)))
  })

  it('[FUN-7] bounds the permissions of a function in any mode, and an exact one has none', async () => {
    const other = { consensus: 1 }
    const url = (length: number) => `https://${'u'.repeat(length - 8)}`
    for (const permissions of [[], Array(64).fill(url(256))])
      await deploy({ ...other, permissions, capabilities: ONE })
    await deploy({ ...other, capabilities: numberToHex(0x7f, { size: 32 }) })
    assert.equal(
      await refusedField(deploy({ ...other, capabilities: numberToHex(0x80, { size: 32 }) })),
      'capabilities',
    )
    for (const permissions of [Array(65).fill(url(20)), [url(257)], [url(20), '']])
      assert.equal(await refusedField(deploy({ ...other, permissions, capabilities: ONE })), 'permissions')
    assert.equal(await refusedField(deploy({ permissions: [url(20)], capabilities: ONE })), 'capabilities')
    assert.equal(await refusedField(deploy({ permissions: [url(20)] })), 'permissions')
  })

  it('[FUN-1] [FUN-2] tells its mode, its set and its state apart, and keeps the others when one changes', async () => {
    const { functions, account } = built()
    const capabilities = numberToHex(0x7f, { size: 32 })
    for (const [consensus, agreement] of [
      [1, 'a'.repeat(512)],
      [2, 'kind=median;type=int256'],
      [3, ''],
    ] as const) {
      const spec = { consensus, agreement, capabilities }
      await deploy(spec)
      const functionId = await functions.read.functionIdOf([account.address, built().world.specOf(spec)])
      const told = async () => {
        const terms = await functions.read.terms([functionId])
        return [terms.consensus, terms.capabilities, terms.state]
      }
      assert.deepEqual(await told(), [consensus, capabilities, State.active])
      await functions.write.pause([functionId], { account })
      assert.deepEqual(await told(), [consensus, capabilities, State.paused])
      await functions.write.retire([functionId], { account })
      assert.deepEqual(await told(), [consensus, capabilities, State.retired])
    }
  })

  it('[FUN-8] has no challenge window unless it is exact', async () => {
    assert.equal(await refusedField(deploy({ consensus: 1, challengeWindow: 900 })), 'challengeWindow')
  })

  it('[FMT-7] has another id with other permissions, in another order too', async () => {
    const { world, functions, account } = built()
    const idWith = (permissions: readonly string[]) =>
      functions.read.functionIdOf([account.address, world.specOf({ permissions: [...permissions] })])
    const ids = await Promise.all([
      idWith([]),
      idWith(['llm:a']),
      idWith(['llm:a', 'llm:b']),
      idWith(['llm:b', 'llm:a']),
    ])
    assert.equal(new Set(ids).size, 4)
    const spec: FunctionSpec = { ...world.specOf({ permissions: ['llm:a', 'llm:b'] }), kind: 'wasm' }
    assert.equal(ids[2], functionIdOf(account.address, spec))
  })

  it('[FUN-1] refuses a selector the router does not know', async () => {
    assert.equal(await revertOf(deploy({ verifierSelector: '0x00000001' })), 'UnknownSelector')
  })
})

describe("a function's state", () => {
  it('[FUN-3] is changed by its owner, and by nobody else', async () => {
    const { world, functions, account, other } = built()
    const id = await world.deployFunction()
    for (const change of ['pause', 'unpause', 'retire'] as const) {
      assert.equal(await revertOf(functions.write[change]([id], { account: other })), 'NotOwner')
    }
    await functions.write.pause([id], { account })
    assert.equal((await functions.read.terms([id])).state, State.paused)
    await functions.write.unpause([id], { account })
    assert.equal((await functions.read.terms([id])).state, State.active)
  })

  it('[FUN-3] ends with retiring', async () => {
    const { world, functions, account } = built()
    const id = await world.deployFunction()
    await functions.write.retire([id], { account })
    for (const change of ['pause', 'unpause', 'retire'] as const) {
      assert.equal(await revertOf(functions.write[change]([id], { account })), 'FunctionRetired')
    }
    assert.equal(await revertOf(deploy()), 'AlreadyDeployed')
    assert.equal(await revertOf(functions.write.pause([keccak256('0x')], { account })), 'UnknownFunction')
  })
})

describe('a name', () => {
  it('[FUN-4] points at its newest version, and keeps the older ones', async () => {
    const { world, functions, account } = built()
    const [one, two] = [await world.deployFunction(), await world.deployFunction({ committeeSize: 7 })]
    for (const id of [one, two, one]) await functions.write.publish(['price-feed', id], { account })
    assert.equal(await functions.read.versionCount(['price-feed']), 3n)
    assert.equal(await functions.read.resolve(['price-feed']), one)
    assert.equal(await functions.read.versionAt(['price-feed', 2n]), two)
    assert.equal(await revertOf(functions.read.versionAt(['price-feed', 0n])), 'UnknownVersion')
    assert.equal(await revertOf(functions.read.versionAt(['price-feed', 4n])), 'UnknownVersion')
    assert.equal(await revertOf(functions.read.resolve(['other'])), 'UnknownName')
  })

  it("[FUN-4] belongs to its first publisher, and points at functions of its publisher's", async () => {
    const { world, functions, account, other } = built()
    const id = await world.deployFunction()
    await functions.write.publish(['abc', id], { account })
    assert.equal(await revertOf(functions.write.publish(['xyz', id], { account: other })), 'NotOwner')
    await functions.write.deploy([world.specOf(), URIS], { account: other })
    const theirs = await functions.read.functionIdOf([other.address, world.specOf()])
    assert.equal(await revertOf(functions.write.publish(['abc', theirs], { account: other })), 'NameTaken')
    await functions.write.retire([id], { account })
    assert.equal(await revertOf(functions.write.publish(['abc', id], { account })), 'FunctionRetired')
    assert.equal(await functions.read.resolve(['abc']), id)
  })

  it('[FUN-4] is 3 to 32 lower-case letters, digits and inner hyphens', async () => {
    const { world, functions, account } = built()
    const id = await world.deployFunction()
    for (const name of ['abc', 'a-b', '0-9', 'a--b', `a${'-'.repeat(30)}z`]) {
      await functions.write.publish([name, id], { account })
    }
    for (const name of [
      '',
      'ab',
      'a'.repeat(33),
      '-ab',
      'ab-',
      'Abc',
      'a_b',
      'a b',
      'a.b',
      'abé',
      'a/b',
      'a:b',
      'a`b',
      'a{b',
    ]) {
      assert.equal(await revertOf(functions.write.publish([name, id], { account })), 'InvalidName', name)
    }
  })
})

describe('the verifier router', () => {
  it('[FUN-5] takes verifiers from its owner only, contracts only, and never changes one', async () => {
    const { world, other } = built()
    const { router, deployment } = world
    const verifier = deployment.ecdsaQuorumVerifier
    assert.equal(
      await revertOf(router.write.add(['0x00000001', verifier], { account: other })),
      'OwnableUnauthorizedAccount',
    )
    assert.equal(await revertOf(router.write.add(['0x00000001', other.address])), 'InvalidVerifier')
    assert.equal(
      await revertOf(router.write.add([deployment.ecdsaQuorumSelector, deployment.market])),
      'SelectorTaken',
    )
    await router.write.add(['0x00000001', verifier])
    assert.equal((await router.read.verifierOf(['0x00000001'])).toLowerCase(), verifier)
    assert.equal(await revertOf(router.read.verifierOf(['0x00000002'])), 'UnknownSelector')
  })

  it('[FUN-5] changes hands in two steps', async () => {
    const { world, other } = built()
    const { abi } = await readArtifact('VerifierRouter')
    const address = world.deployment.verifierRouter
    const call = { abi, address } as const
    await world.accounts.deployer.writeContract({
      ...call,
      functionName: 'transferOwnership',
      args: [other.address],
    })
    const ownerOf = () => world.publicClient.readContract({ ...call, functionName: 'owner' })
    assert.notEqual(String(await ownerOf()).toLowerCase(), other.address)
    await world.accounts.stranger.writeContract({ ...call, functionName: 'acceptOwnership' })
    assert.equal(String(await ownerOf()).toLowerCase(), other.address)
  })
})
