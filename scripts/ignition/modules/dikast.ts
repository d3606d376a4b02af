/**
 * The same deployment as `scripts/deploy.ts`, as an Ignition module: resumable, and recorded under
 * `scripts/ignition/deployments`.
 *
 *   hardhat ignition deploy scripts/ignition/modules/dikast.ts --network <name> --parameters <file>
 *
 * The parameter `genesis` (the first second of epoch 0, not in the future) has no default, because a deployment that
 * is resumed must not move it. Every other parameter defaults to what the script uses.
 * @module
 */

import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'
import {
  BLS_QUORUM_SELECTOR,
  deployConfigSchema,
  ECDSA_QUORUM_SELECTOR,
  encodeBeaconKey,
  POSEIDON_WIDTHS,
} from '../../../src/apps/shared/deploy-config.ts'
import { toHex } from '../../../src/crypto/bytes.ts'
import { GROTH16_SELECTOR } from '../../../src/crypto/groth16-key.ts'
import { poseidonTable } from '../../../src/crypto/poseidon-table.ts'

const {
  nodes,
  beacon,
  market: fees,
  committees,
  slasher: judges,
  functionsAdapter: subscriptions,
} = deployConfigSchema.parse({})
/** Anybody may execute what was announced for long enough. */
const EXECUTORS = ['0x0000000000000000000000000000000000000000']

export default buildModule('Dikast', (m) => {
  const deployer = m.getAccount(0)
  const treasury = m.getParameter('treasury', m.getAccount(0))
  const nodeRegistry = m.contract('NodeRegistry', [
    {
      genesis: m.getParameter('genesis'),
      epochSeconds: m.getParameter('epochSeconds', nodes.epochSeconds),
      stakeMin: m.getParameter('stakeMin', nodes.stakeMin),
      stakeMax: m.getParameter('stakeMax', nodes.stakeMax),
      unbondingPeriod: m.getParameter('unbondingPeriod', nodes.unbondingPeriod),
      nodesMax: m.getParameter('nodesMax', nodes.nodesMax),
      renewEpochs: m.getParameter('renewEpochs', nodes.renewEpochs),
      jailEpochs: m.getParameter('jailEpochs', nodes.jailEpochs),
      owner: deployer,
    },
  ])
  const beaconRegistry = m.contract('BeaconRegistry', [
    m.getParameter('beaconPublicKey', encodeBeaconKey(beacon.publicKey)),
    m.getParameter('beaconGenesis', beacon.genesis),
    m.getParameter('beaconPeriodSeconds', beacon.periodSeconds),
  ])
  const verifierRouter = m.contract('VerifierRouter', [deployer])
  const ecdsaQuorumVerifier = m.contract('EcdsaQuorumVerifier')
  const ecdsa = m.call(verifierRouter, 'add', [ECDSA_QUORUM_SELECTOR, ecdsaQuorumVerifier])
  const blsKeyRegistry = m.contract('BlsKeyRegistry', [nodeRegistry])
  const blsQuorumVerifier = m.contract('BlsQuorumVerifier', [blsKeyRegistry])
  const bls = m.call(verifierRouter, 'add', [BLS_QUORUM_SELECTOR, blsQuorumVerifier], { id: 'addBls' })
  const groth16Verifier = m.contract('Groth16Verifier')
  const groth16 = m.call(verifierRouter, 'add', [GROTH16_SELECTOR, groth16Verifier], { id: 'addGroth16' })
  const functionRegistry = m.contract('FunctionRegistry', [verifierRouter])
  const leadSeconds = m.getParameter('leadSeconds', fees.leadSeconds)
  const challengeCourt = m.contract('ChallengeCourt', [beaconRegistry, leadSeconds])
  const bounties = m.contract('Bounties', [nodeRegistry, beaconRegistry])
  const marketConfig = {
    nodeRegistry,
    beaconRegistry,
    functionRegistry,
    court: challengeCourt,
    bounties,
    treasury,
    leadSeconds,
    epochAgeMax: m.getParameter('epochAgeMax', fees.epochAgeMax),
    selectionFee: m.getParameter('selectionFee', fees.selectionFee),
    protocolFeeBps: m.getParameter('protocolFeeBps', fees.protocolFeeBps),
    tipMax: m.getParameter('tipMax', fees.tipMax),
    gasBase: m.getParameter('gasBase', fees.gasBase),
    gasPerSignature: m.getParameter('gasPerSignature', fees.gasPerSignature),
    gasPerByte: m.getParameter('gasPerByte', fees.gasPerByte),
    gasPerProof: m.getParameter('gasPerProof', fees.gasPerProof),
    dataFee: m.getParameter('dataFee', fees.dataFee),
  }
  const marketExtension = m.contract('MarketExtension', [marketConfig])
  const market = m.contract('ComputeMarket', [marketConfig, deployer, marketExtension])
  const poseidonTables = m.contract('PoseidonTables')
  const tables = POSEIDON_WIDTHS.map((width) =>
    m.call(poseidonTables, 'write', [BigInt(width), toHex(poseidonTable(width))], { id: `table${width}` }),
  )
  const schnorrKeyRegistry = m.contract('SchnorrKeyRegistry', [nodeRegistry, poseidonTables], {
    after: tables,
  })
  const standingCommittees = m.contract('StandingCommittees', [
    nodeRegistry,
    beaconRegistry,
    schnorrKeyRegistry,
    poseidonTables,
    m.getParameter('committeeBond', committees.bond),
    m.getParameter('committeeChallengeSeconds', committees.challengeSeconds),
    leadSeconds,
  ])
  const slasher = m.contract('Slasher', [
    nodeRegistry,
    deployer,
    m.getParameter('judgesMin', BigInt(judges.judgesMin)),
  ])
  const believed = m.call(slasher, 'addMarket', [market])
  const slashes = m.call(nodeRegistry, 'addSlasher', [slasher])
  const timelock = m.contract('DikastTimelock', [
    nodeRegistry,
    m.getParameter('timelockDelaySeconds', BigInt(nodes.unbondingPeriod + nodes.epochSeconds)),
    [m.getParameter('timelockProposer', deployer)],
    EXECUTORS,
  ])
  const functionsAdapter = m.contract('FunctionsAdapter', [
    market,
    m.getParameter('spendingMax', subscriptions.spendingMax),
  ])
  // Offered; `npm run handover` announces that they are accepted, and accepts them when the delay is over.
  for (const [name, contract] of Object.entries({ nodeRegistry, verifierRouter, slasher, market }))
    m.call(contract, 'transferOwnership', [timelock], {
      id: `${name}ToTimelock`,
      after: [ecdsa, bls, groth16, believed, slashes],
    })
  const recurringRequests = m.contract('RecurringRequests', [market])
  const signedRequests = m.contract('SignedRequests', [market])
  const resultStore = m.contract('ResultStore', [market])
  return {
    nodeRegistry,
    beaconRegistry,
    verifierRouter,
    ecdsaQuorumVerifier,
    groth16Verifier,
    blsKeyRegistry,
    blsQuorumVerifier,
    functionRegistry,
    challengeCourt,
    bounties,
    marketExtension,
    market,
    poseidonTables,
    schnorrKeyRegistry,
    standingCommittees,
    slasher,
    timelock,
    functionsAdapter,
    recurringRequests,
    signedRequests,
    resultStore,
  }
})
