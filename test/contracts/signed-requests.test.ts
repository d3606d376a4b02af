/** Requests made by signature, and everything a signature must not be good for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { getAddress, getContract, type Hex, pad, parseAbi, parseEventLogs, toHex, zeroAddress } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { signedRequestDigest } from '../../src/crypto/signed-request.ts'
import { signedRequestsAbi } from '../../src/protocol/abi/signed-requests.ts'
import {
  SIGNED_REQUEST_TYPES,
  type SignedRequest,
  signedRequestDomain,
} from '../../src/protocol/signed-request.ts'
import type { Address } from '../../src/protocol/types.ts'
import { actAs, answer, consumerAllowing, createPeripheryWorld, ETHER } from './support/periphery.ts'
import { given, revertArgsOf, revertOf } from './support/world.ts'

const TIP_MAX = 10n ** 15n
const VALUE_MAX = 10n ** 17n
/** Less than a sealed epoch stays fresh enough to draw from. */
const VALID_SECONDS = 900n
const CALLBACK_GAS = 200_000

const built = given(async () => {
  const base = await createPeripheryWorld()
  const { world, market, signed, functionId } = base
  // An account without a wei of its own: its credit and its purse are others' gifts.
  const signer = privateKeyToAccount(generatePrivateKey())
  await market.write.deposit([signer.address], { value: ETHER })
  await signed.write.deposit([signer.address], { value: 10n * TIP_MAX })
  await actAs(world, signer.address, (account) =>
    market.write.setConsumer([signed.address, VALUE_MAX], { account }),
  )
  await world.networkHelpers.setBalance(signer.address, 0n)
  const relayer = world.accounts.stranger.account
  const { timestamp } = await world.publicClient.getBlock()
  const template: SignedRequest = {
    signer: signer.address,
    market: market.address,
    callbackTarget: signer.address,
    params: world.paramsOf(functionId),
    nonce: 0n,
    validBefore: timestamp + VALID_SECONDS,
    valueMax: VALUE_MAX,
    relayer: zeroAddress,
    tipMax: TIP_MAX,
  }
  return { ...base, signer, relayer, template }
})

type Signer = Pick<ReturnType<typeof privateKeyToAccount>, 'signTypedData'>

interface Terms {
  readonly chainId?: number
  readonly contract?: Address
  /** Who signs, if not the signer. */
  readonly by?: Signer
}

/** A request and its signature, as a wallet makes it. */
async function sign(change: Partial<SignedRequest> = {}, terms: Terms = {}) {
  const { world, signed, signer, template } = built()
  const { chainId = world.deployment.chainId, contract = signed.address, by = signer } = terms
  const message = { ...template, ...change }
  const signature = await by.signTypedData({
    domain: signedRequestDomain(chainId, contract),
    types: SIGNED_REQUEST_TYPES,
    primaryType: 'SignedRequest',
    message,
  })
  return { message, signature }
}

type Signed = Awaited<ReturnType<typeof sign>>

function submit({ message, signature }: Signed, tip = 0n, account: Address = built().relayer.address) {
  return built().signed.write.submit([message, signature, tip], { account, gas: 3_000_000n })
}

const nonceIsUsed = async (nonce: bigint): Promise<boolean> => {
  const { signed, signer } = built()
  return ((await signed.read.noncesOf([signer.address, nonce >> 8n])) >> (nonce & 255n)) % 2n === 1n
}

describe('a signed request', () => {
  it('[SIGN-1] is made by anyone, and paid and refunded by its signer’s account', async () => {
    const { world, market, signer, relayer } = built()
    const asked = await world.submitted(submit(await sign()))
    const value = await market.read.quote([world.paramsOf(asked.functionId)])
    assert.equal(asked.request.requester, getAddress(signer.address))
    assert.equal(await market.read.creditOf([signer.address]), ETHER - value)
    const { payment } = await answer(world, asked)
    assert.equal(await market.read.creditOf([signer.address]), ETHER - value + payment.refund)
    assert.equal(await market.read.creditOf([relayer.address]), 0n)
    assert.equal(await world.publicClient.getBalance({ address: signer.address }), 0n)
  })

  it('[SIGN-1] is what was signed, field by field', async () => {
    const { signer, world, functionId } = built()
    const target = (await consumerAllowing(world, [])).address
    const changes: readonly Partial<SignedRequest>[] = [
      { callbackTarget: target },
      { nonce: 1n },
      { validBefore: 2n ** 63n },
      { valueMax: VALUE_MAX + 1n },
      { relayer: built().relayer.address },
      { tipMax: TIP_MAX + 1n },
      ...[
        { functionId: pad('0x01') },
        { committeeSize: 5 },
        { attempts: 1 },
        { callbackGas: 1 },
        { maxFeePerGas: 1n },
        { challengeWindow: 900 },
        { input: '0x62' as Hex },
      ].map((change) => ({ params: { ...world.paramsOf(functionId), ...change } })),
    ]
    const { message, signature } = await sign()
    for (const change of changes) {
      const changed = { message: { ...message, ...change }, signature }
      assert.equal(await revertOf(submit(changed)), 'BadSignature', Object.keys(change).join())
    }
    const other = { message: { ...message, signer: built().owner.address }, signature }
    assert.equal(await revertOf(submit(other)), 'BadSignature')
    const foreign = await sign({}, { by: privateKeyToAccount(generatePrivateKey()) })
    assert.equal(await revertOf(submit(foreign)), 'BadSignature')
    assert.equal(await revertOf(submit({ message, signature: '0x' })), 'BadSignature')
    assert.equal(await revertOf(submit({ message, signature })), 'no revert')
    assert.equal(await nonceIsUsed(0n), true, signer.address)
  })

  it('[SIGN-2] of another chain is refused', async () => {
    const { world } = built()
    const other = await sign({}, { chainId: world.deployment.chainId + 1 })
    assert.equal(await revertOf(submit(other)), 'BadSignature')
  })

  it('[SIGN-2] of another market is refused', async () => {
    const { world } = built()
    const other = await sign({ market: world.nodes.address })
    assert.equal(await revertOf(submit(other)), 'BadSignature')
  })

  it('[SIGN-2] of another contract is refused, also of one for the same market', async () => {
    const { world, market, signer, relayer } = built()
    const { address } = await world.viem.deployContract('SignedRequests', [market.address])
    const twin = getContract({
      abi: signedRequestsAbi,
      address,
      client: { public: world.publicClient, wallet: world.accounts.stranger },
    })
    await actAs(world, signer.address, (account) =>
      market.write.setConsumer([twin.address, VALUE_MAX], { account }),
    )
    const here = await sign()
    const there = await sign({}, { contract: twin.address })
    const at = ({ message, signature }: Signed) =>
      revertOf(twin.write.submit([message, signature, 0n], { account: relayer, gas: 3_000_000n }))
    assert.equal(await revertOf(submit(there)), 'BadSignature')
    assert.equal(await at(here), 'BadSignature')
    assert.equal(await at(there), 'no revert')
  })

  it('[SIGN-3] is made once', async () => {
    const once = await sign({ nonce: 7n })
    await submit(once)
    assert.equal(await revertOf(submit(once)), 'NonceUsed')
    // Nor is another under the same nonce.
    assert.equal(await revertOf(submit(await sign({ nonce: 7n, valueMax: VALUE_MAX - 1n }))), 'NonceUsed')
  })

  it('[SIGN-3] needs no order among others, on either side of a word', async () => {
    const { signed, signer } = built()
    const nonces = [2n ** 256n - 1n, 256n, 0n, 255n, 1n]
    for (const nonce of nonces) await submit(await sign({ nonce }))
    assert.equal(await signed.read.noncesOf([signer.address, 0n]), 1n + 2n + (1n << 255n))
    assert.equal(await signed.read.noncesOf([signer.address, 1n]), 1n)
    assert.equal(await signed.read.noncesOf([signer.address, 2n ** 248n - 1n]), 1n << 255n)
  })

  it('[SIGN-3] is void once its signer says so, and only he can', async () => {
    const { world, signed, signer, relayer } = built()
    const mask = (1n << 4n) | (1n << 200n)
    await signed.write.invalidateNonces([0n, mask], { account: relayer })
    assert.equal(await nonceIsUsed(4n), false)
    const receipt = await actAs(world, signer.address, (account) =>
      world.receiptOf(signed.write.invalidateNonces([0n, mask], { account })),
    )
    const [log] = parseEventLogs({
      abi: signedRequestsAbi,
      logs: receipt.logs,
      eventName: 'NoncesInvalidated',
    })
    assert.deepEqual(log?.args, { signer: getAddress(signer.address), word: 0n, mask })
    for (const nonce of [4n, 200n]) assert.equal(await revertOf(submit(await sign({ nonce }))), 'NonceUsed')
    assert.equal(await revertOf(submit(await sign({ nonce: 5n }))), 'no revert')
    // What is void stays so.
    await actAs(world, signer.address, (account) => signed.write.invalidateNonces([0n, 0n], { account }))
    assert.equal(await nonceIsUsed(4n), true)
  })

  it('[SIGN-4] is void from its time on', async () => {
    const { world, template } = built()
    const late = await sign()
    await world.networkHelpers.time.setNextBlockTimestamp(template.validBefore - 1n)
    assert.equal(await world.receiptOf(submit(late)).then(({ status }) => status), 'success')
    await world.networkHelpers.time.increaseTo(template.validBefore)
    assert.equal(await revertOf(submit(await sign({ nonce: 1n }))), 'SignatureExpired')
  })

  it('[SIGN-4] takes no more than was signed, nor than the account allowed', async () => {
    const { world, market, signed, signer, functionId } = built()
    const value = await market.read.quote([world.paramsOf(functionId)])
    const { name, args } = await revertArgsOf(submit(await sign({ valueMax: value - 1n })))
    assert.equal(name, 'AboveValueMax')
    assert.deepEqual(args, [value, value - 1n])
    assert.equal(await nonceIsUsed(0n), false, 'it can be made once the price falls')
    assert.equal(await revertOf(submit(await sign({ valueMax: value }))), 'no revert')
    await actAs(world, signer.address, (account) =>
      market.write.setConsumer([signed.address, value - 1n], { account }),
    )
    assert.equal(await revertOf(submit(await sign({ nonce: 1n }))), 'AboveSpendingCap')
  })
})

describe('a relayer', () => {
  it('[SIGN-5] is whom the signer named, and nobody else', async () => {
    const { owner, relayer } = built()
    const named = await sign({ relayer: relayer.address })
    const { name, args } = await revertArgsOf(submit(named, 0n, owner.address))
    assert.equal(name, 'NotRelayer')
    assert.deepEqual(args, [getAddress(relayer.address), getAddress(owner.address)])
    assert.equal(await revertOf(submit(named)), 'no revert')
  })

  it('[SIGN-5] takes what he asks from the signer’s purse, up to what was signed, and pulls it', async () => {
    const { world, signed, signer, relayer } = built()
    const before = await signed.read.purseOf([signer.address])
    assert.equal(await revertOf(submit(await sign(), TIP_MAX + 1n)), 'AboveTipMax')
    const receipt = await world.receiptOf(submit(await sign(), TIP_MAX))
    const [log] = parseEventLogs({
      abi: signedRequestsAbi,
      logs: receipt.logs,
      eventName: 'SignedRequestSubmitted',
    })
    assert.equal(log?.args.tip, TIP_MAX)
    assert.equal(log?.args.relayer, getAddress(relayer.address))
    assert.equal(await signed.read.purseOf([signer.address]), before - TIP_MAX)
    assert.equal(await signed.read.purseOf([relayer.address]), TIP_MAX)
    const to = '0x00000000000000000000000000000000000000aa'
    await signed.write.claim([to], { account: relayer })
    assert.equal(await world.publicClient.getBalance({ address: to }), TIP_MAX)
    assert.equal(await revertOf(signed.write.claim([to], { account: relayer })), 'NothingToClaim')
  })

  it('[SIGN-5] does not work for less than he asked', async () => {
    const { world, signed, signer } = built()
    await actAs(world, signer.address, (account) => signed.write.claim([signer.address], { account }))
    const { name, args } = await revertArgsOf(submit(await sign(), 1n))
    assert.equal(name, 'PurseTooLow')
    assert.deepEqual(args, [getAddress(signer.address), 0n, 1n])
    assert.equal(await revertOf(submit(await sign())), 'no revert', 'for nothing he may')
  })

  it('[SIGN-5] is not blocked by one who cannot be paid', async () => {
    const { world, signed, relayer } = built()
    const { address: refuser } = await world.viem.deployContract('RefusesEther')
    await world.receiptOf(submit(await sign({ relayer: relayer.address }), TIP_MAX))
    await actAs(world, refuser, async (account) => {
      await world.receiptOf(submit(await sign({ nonce: 1n }), TIP_MAX, account))
      assert.equal(await revertOf(signed.write.claim([refuser], { account })), 'TransferFailed')
    })
    assert.equal(await signed.read.purseOf([refuser]), TIP_MAX, 'kept for him')
    await signed.write.claim([relayer.address], { account: relayer })
    const sum = (await signed.read.purseOf([refuser])) + (await signed.read.purseOf([built().signer.address]))
    assert.equal(await world.publicClient.getBalance({ address: signed.address }), sum)
  })

  it('[SIGN-5] is paid his purse once, and none of another’s, when he claims it again while he is paid', async () => {
    const { world, signed } = built()
    const { address } = await world.viem.deployContract('ClaimsTwice', [signed.address])
    await signed.write.deposit([address], { value: TIP_MAX })
    const claimer = getContract({
      abi: parseAbi(['function claim()', 'function tried() view returns (uint256)']),
      address,
      client: { public: world.publicClient, wallet: world.accounts.stranger },
    })
    await world.receiptOf(claimer.write.claim())
    assert.equal(await claimer.read.tried(), 1n)
    assert.equal(await world.publicClient.getBalance({ address }), TIP_MAX)
    assert.equal(await signed.read.purseOf([built().signer.address]), 10n * TIP_MAX)
  })

  it('[SIGN-5] cannot use up what another was handed: a submission that reverts changes nothing', async () => {
    const { world, market, signed, signer, relayer, owner } = built()
    const request = await sign({ relayer: relayer.address })
    const purse = await signed.read.purseOf([signer.address])
    const attempts = [
      // With a signature that is none, with too little gas, from another account.
      submit({ message: request.message, signature: '0x1234' }, 0n, owner.address),
      submit({ message: request.message, signature: `0x${'11'.repeat(65)}` }),
      submit(request, 1n, owner.address),
    ]
    for (const attempt of attempts) assert.notEqual(await revertOf(attempt), 'no revert')
    const poor = signed.write.submit([request.message, request.signature, 0n], {
      account: relayer,
      gas: 100_000n,
    })
    await assert.rejects(world.receiptOf(poor).then(({ status }) => assert.equal(status, 'success')))
    assert.equal(await nonceIsUsed(0n), false)
    assert.equal(await signed.read.purseOf([signer.address]), purse)
    assert.equal(await market.read.creditOf([signer.address]), ETHER)
    assert.equal(await revertOf(submit(request, TIP_MAX)), 'no revert')
  })
})

describe('a callback of a signed request', () => {
  it('[SIGN-6] goes to a contract that allowed the signer and this contract, and to no other', async () => {
    const { world, signed, signer, functionId } = built()
    const params = world.paramsOf(functionId, { callbackGas: CALLBACK_GAS })
    const both = await consumerAllowing(world, [signed.address, signer.address])
    const asked = await world.submitted(submit(await sign({ params, callbackTarget: both.address })))
    await answer(world, asked)
    assert.equal(await both.read.lastRequest(), asked.requestId)
    // One that trusts this contract for another's requests is not called back with a stranger's.
    const notSigner = await consumerAllowing(world, [signed.address])
    const strangers = await sign({ params, callbackTarget: notSigner.address, nonce: 1n })
    assert.equal(await revertOf(submit(strangers)), 'TargetNotAllowed')
    const notContract = await consumerAllowing(world, [signer.address])
    const direct = await sign({ params, callbackTarget: notContract.address, nonce: 1n })
    assert.equal(await revertOf(submit(direct)), 'CallbackNotAllowed')
    const itself = await sign({ params, callbackTarget: signed.address, nonce: 1n })
    assert.equal(await revertOf(submit(itself)), 'TargetNotAllowed')
  })

  it('[SIGN-6] goes to the store, for a signer without ether', async () => {
    const { world, signed, store, signer, functionId } = built()
    await store.write.serve([signed.address])
    await store.write.serve([signer.address])
    const callbackGas = await store.read.callbackGasFor([6n])
    const params = world.paramsOf(functionId, { callbackGas })
    const asked = await world.submitted(submit(await sign({ params, callbackTarget: store.address })))
    await answer(world, asked, '0x616e73776572')
    assert.equal((await store.read.resultOf([asked.requestId])).output, '0x616e73776572')
  })
})

describe('a wallet that is a contract', () => {
  async function walletOf(key: Address): Promise<Address> {
    const { world, market, signed } = built()
    const { address } = await world.viem.deployContract('Wallet', [key])
    await market.write.deposit([address], { value: ETHER })
    await actAs(world, address, (account) =>
      market.write.setConsumer([signed.address, VALUE_MAX], { account }),
    )
    return address
  }

  it('[SIGN-1] signs as EIP-1271 has it', async () => {
    const { world, market, signer } = built()
    const wallet = await walletOf(signer.address)
    const terms = { signer: wallet, callbackTarget: wallet }
    const foreign = await sign(terms, { by: privateKeyToAccount(generatePrivateKey()) })
    assert.equal(await revertOf(submit(foreign)), 'BadSignature')
    const asked = await world.submitted(submit(await sign(terms)))
    assert.equal(asked.request.requester, getAddress(wallet))
    assert((await market.read.creditOf([wallet])) < ETHER)
    assert.equal(await revertOf(submit(await sign(terms))), 'NonceUsed')
  })

  it('[SIGN-2] of another with the same key is refused', async () => {
    const { signer } = built()
    const [one, other] = [await walletOf(signer.address), await walletOf(signer.address)]
    const { message, signature } = await sign({ signer: one, callbackTarget: one })
    const replayed = { message: { ...message, signer: other, callbackTarget: one }, signature }
    assert.equal(await revertOf(submit(replayed)), 'BadSignature')
    assert.equal(await revertOf(submit({ message, signature })), 'no revert')
  })

  it('[SIGN-1] that is none is refused', async () => {
    const { market } = built()
    const contract = { signer: market.address, callbackTarget: market.address }
    assert.equal(await revertOf(submit(await sign(contract))), 'BadSignature')
  })
})

describe('the digest of a signed request', () => {
  const hexOf = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes))
  const uint = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
  const anyRequest = fc.record({
    signer: hexOf(20),
    callbackTarget: hexOf(20),
    params: fc.record({
      functionId: hexOf(32),
      committeeSize: fc.nat(65_535),
      attempts: fc.nat(255),
      callbackGas: fc.nat(2 ** 32 - 1),
      maxFeePerGas: uint(64n),
      challengeWindow: fc.nat(2 ** 32 - 1),
      input: fc.uint8Array({ maxLength: 200 }).map((bytes) => toHex(bytes)),
    }),
    nonce: uint(256n),
    validBefore: uint(64n),
    valueMax: uint(96n),
    relayer: hexOf(20),
    tipMax: uint(96n),
  })

  it('[FMT-9] is the same in TypeScript and in Solidity', async () => {
    const { world, market, signed } = built()
    const domain = { chainId: world.deployment.chainId, contract: signed.address }
    await fc.assert(
      fc.asyncProperty(anyRequest, async (request) => {
        const digest = signedRequestDigest(domain, { ...request, market: market.address })
        assert.equal(await signed.read.digestOf([request]), digest)
      }),
      { numRuns: 60 },
    )
  })

  it('[FMT-9] is under the domain the contract states', async () => {
    const { world, signed } = built()
    const [, name, version, chainId, verifyingContract] = await world.publicClient.readContract({
      address: signed.address,
      abi: EIP5267,
      functionName: 'eip712Domain',
    })
    const domain = signedRequestDomain(Number(chainId), verifyingContract)
    assert.deepEqual({ ...domain, name, version }, signedRequestDomain(31_337, getAddress(signed.address)))
  })
})

const EIP5267 = [
  {
    type: 'function',
    name: 'eip712Domain',
    stateMutability: 'view',
    inputs: [],
    outputs: [
      { name: 'fields', type: 'bytes1' },
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
      { name: 'salt', type: 'bytes32' },
      { name: 'extensions', type: 'uint256[]' },
    ],
  },
] as const
