import { setTimeout as sleep } from 'node:timers/promises'
import { decodeRevert, describeRevert } from '../../../adapters/chain/revert.ts'
import { NO_EVIDENCE } from '../../../core/request/attestation.ts'
import { memberAt } from '../../../core/snapshot.ts'
import { fromHex, toHex } from '../../../crypto/bytes.ts'
import { proofCommitment } from '../../../crypto/proof-commitment.ts'
import { ChainError } from '../../../ports/chain.ts'
import type { Call } from '../../../ports/market.ts'
import { InvalidInputError } from '../../../protocol/errors.ts'
import type { Address, Fulfillment, Request, RequestId } from '../../../protocol/types.ts'
import type { ChainAccess } from '../../shared/chain-access.ts'
import { type Account, openAccount, sendOrThrow } from '../account.ts'
import { parseAddress, parseDigest, textOption } from '../arguments.ts'
import { NotNowError } from '../challenges.ts'
import type { Options, Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { Fetching } from '../fetching.ts'
import { findFunction } from '../function-lookup.ts'
import { readInputFile } from '../input-file.ts'
import { forgetProof, type KeptProof, keepProof, keptProof, newBlinding } from '../kept-proof.ts'
import { assertHolds, makeProof, type Statement } from '../make-proof.ts'
import type { Output } from '../output.ts'
import { PRIVATE_INPUTS_BYTES_MAX, parsePrivateInputs } from '../private-inputs.ts'
import { findRequest } from '../request-lookup.ts'
import { RevertedError } from '../reverts.ts'

const POLL_MS = 500

export const run: Run = async (context, [id = ''], options) => {
  const { output } = context
  const requestId = parseDigest('request', id)
  const account = await openAccount(context, options)
  const { chain } = account
  const fetching = new Fetching(chain, output)
  try {
    const { request } = (await findRequest(chain, requestId)).submitted.log
    if (request.consensus !== 'zk')
      throw new InvalidInputError('request', `${requestId} is no circuit's: its committee answers it`, {
        fix: `\`dikast status ${requestId}\` says what it waits for`,
      })
    const turn = await turnOf(chain, requestId, request, options.wait === true)
    const payee = await payeeOf(account, request, turn, options)
    const key = await chain.reads.verificationKey(request.verifier)
    if (key === undefined)
      throw new InvalidInputError('request', `${request.verifier} is no key of this network's proof system`, {
        fix: 'name the network file of the network it was asked in',
      })
    const statement = { requestId, request, payee, key }
    const file = textOption(options, 'keep') ?? `proof-${requestId.slice(0, 18)}.json`
    const kept = await keptOrMade(statement, file, fetching, options, output)
    const hash = await settle(account, statement, turn, kept, output)
    forgetProof(file)
    output.result({ requestId, output: kept.output, turn: turn ?? 'open', payee, transaction: hash }, () => {
      output.line(`settled     ${requestId} in ${hash}`)
      output.line(`output      ${kept.output}`)
      output.line(`paid        ${turn === undefined ? payee : `the node drawn for attempt ${turn}`}`)
    })
    return EXIT.ok
  } finally {
    await fetching.stop()
    await account.close()
  }
}

/** The attempt whose window is open, or undefined for the turn that is everybody's, now or soon. Throws `NotNowError`. */
async function turnOf(
  chain: ChainAccess,
  requestId: RequestId,
  { attempts, deadline }: Request,
  isWaiting: boolean,
): Promise<number | undefined> {
  const { status } = await chain.reads.statusOf(requestId)
  if (status !== 'open')
    throw new NotNowError(`${requestId} is ${status}: nothing is left to prove`, {
      fix: `\`dikast status ${requestId}\` says how it ended`,
    })
  const { time } = await headOf(chain)
  if (time >= deadline) throw closed(requestId)
  if (isWaiting || time >= (attempts.at(-1)?.closesAt ?? 0n)) return undefined
  const turn = attempts.findIndex(({ opensAt, closesAt }) => opensAt <= time && time < closesAt)
  if (turn >= 0) return turn
  throw new NotNowError(`no attempt's window is open at ${time}`, { fix: 'say --wait, or try again later' })
}

function closed(requestId: RequestId): NotNowError {
  return new NotNowError(`${requestId} is past its deadline`, {
    fix: 'ask again: anybody may expire this one',
  })
}

/** Before the last window closes that is the node drawn, whatever the sender would like. */
async function payeeOf(
  { chain, address }: Account,
  request: Request,
  turn: number | undefined,
  options: Options,
): Promise<Address> {
  const named = textOption(options, 'payee')
  if (turn === undefined) return named === undefined ? address : parseAddress('--payee', named)
  if (named !== undefined)
    throw new InvalidInputError('--payee', `is not paid now: attempt ${turn} pays the node drawn for it`, {
      fix: 'say --wait: after the last window anybody may settle it, for whom he names',
    })
  const [seat] = await chain.audits.committeeOf(request, turn)
  const snapshot = await chain.reads.snapshot(request.snapshot)
  if (seat === undefined) throw new ChainError('malformed', `nobody was drawn for attempt ${turn}`)
  return memberAt(snapshot, seat).attestor
}

/** What an earlier run made is checked as if somebody else had. */
async function keptOrMade(
  statement: Statement,
  file: string,
  fetching: Fetching,
  options: Options,
  output: Output,
): Promise<KeptProof> {
  const { requestId, request, payee } = statement
  const kept = keptProof(file, requestId, payee)
  if (kept !== undefined) {
    output.progress(`going on with the proof in ${file}`)
    assertHolds(statement, { output: fromHex(kept.output), proof: fromHex(kept.proof) })
    return kept
  }
  const inputs = textOption(options, 'inputs')
  const sources = {
    known: await findFunction(fetching.chain, request.functionId),
    fetching,
    moduleFile: textOption(options, 'module'),
    provingKeyFile: textOption(options, 'provingKey'),
    inputs:
      inputs === undefined
        ? {}
        : parsePrivateInputs(
            new TextDecoder().decode(readInputFile('--inputs', inputs, PRIVATE_INPUTS_BYTES_MAX)),
          ),
  }
  const made = await makeProof(statement, sources, output)
  const fresh = {
    requestId,
    payee,
    output: toHex(made.output),
    proof: toHex(made.proof),
    blinding: newBlinding(),
  }
  keepProof(file, fresh)
  return fresh
}

async function settle(
  { chain, sender }: Account,
  { requestId, request, payee, key }: Statement,
  turn: number | undefined,
  { output: bytes, proof, blinding }: KeptProof,
  output: Output,
) {
  const fulfillment: Fulfillment = {
    attempt: turn ?? request.attempts.length,
    view: 0,
    exit: 0,
    fuelUsed: 0n,
    evidenceHash: NO_EVIDENCE,
    output: bytes,
    certificate: proof,
  }
  if (turn !== undefined)
    return (await sendOrThrow(sender, `prove:${requestId}`, chain.calls.fulfill(request, fulfillment))).hash
  if (!key.isBound) {
    // Again is of no effect: the first time counts.
    const commitment = proofCommitment(requestId, payee, fromHex(proof), blinding)
    output.progress(`committing to the proof: ${commitment}`)
    await sendOrThrow(sender, `commit:${commitment}`, chain.calls.commitProof(commitment))
  }
  const call = chain.calls.fulfillOpenly(request, fulfillment, payee, blinding)
  await untilTaken(chain, sender.address, call, requestId, request, output)
  return (await sendOrThrow(sender, `prove:${requestId}`, call)).hash
}

/** What time alone cures. */
const TOO_EARLY: ReadonlySet<string | undefined> = new Set(['OutsideWindow', 'RevealedTooEarly'])

/** The contract itself says whether it is too early: its lead is nowhere to be read. Throws when it is too late, or refused. */
async function untilTaken(
  chain: ChainAccess,
  from: Address,
  call: Call,
  requestId: RequestId,
  { deadline }: Request,
  output: Output,
): Promise<void> {
  let told = false
  for (;;) {
    const { time } = await headOf(chain)
    if (time >= deadline) throw closed(requestId)
    const answer = await chain.reader.call({ ...call, from })
    if (answer.type !== 'reverted') return
    const error = decodeRevert(answer.data)?.name
    if (!TOO_EARLY.has(error)) throw new RevertedError(error, describeRevert(answer.data))
    if (!told) output.progress(`waiting: ${describeRevert(answer.data)}`)
    told = true
    await sleep(POLL_MS)
  }
}

async function headOf(chain: ChainAccess) {
  const head = await chain.reader.block('latest')
  if (head === undefined) throw new ChainError('missing', 'no head block')
  return head
}
