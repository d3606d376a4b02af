/**
 * The contracts' refusals, and what a user can do about each.
 * @module
 */
import { DikastError } from '../../protocol/errors.ts'

const FIXES: Readonly<Record<string, string>> = {
  // Requests
  RequestsPaused: 'the market takes no requests now: try again later',
  FunctionNotActive: 'its owner paused or retired it: `dikast function list` shows others',
  CommitteeTooSmall: 'leave --committee out: a committee is never smaller than the function’s own',
  CommitteeTooLarge: 'ask for a smaller --committee',
  NotEnoughNodes:
    'ask for a smaller --committee if yours is above the function’s own (one with a challenge window needs three times as many nodes), or wait until more nodes have bonded and the next epoch is sealed',
  StaleEpoch: 'wait until an epoch is sealed: a running coordinator does it',
  InputTooLarge: 'give a shorter input, such as the hash of what the function is to fetch',
  InvalidChallengeWindow:
    'leave --challenge-window out, or ask for no less than the function’s own, of an *exact* function: `dikast function show` prints both',
  TooManyAttempts: 'ask for fewer --attempts',
  PaymentTooSmall: 'send at least what the market quotes: `dikast request` does',
  EtherRefused: 'say whose it is: the market’s `deposit` credits an account',
  PaymentTooLarge: 'ask for a lower --max-fee or a smaller --committee',
  // Settling
  FuelAboveLimit: 'its committee claims more fuel than the request allows: `dikast status` shows the limit',
  FuelBelowLimit: 'its committee claims a trap that left fuel: a trap costs all the request allows',
  BatchMismatch: 'the request named is not of the batch’s function, round and committee: settle it alone',
  // Proofs
  ProofExpected: 'the function is a circuit’s: settle the request with a proof (fulfillWithProof)',
  CertificateExpected: 'the function is no circuit’s: settle the request with its committee’s certificate',
  NotProven: 'give exit, fuel and evidence as zero: a proof says nothing of them',
  OutputMismatch:
    'give the circuit’s public outputs, 32 bytes each: `dikast function show` tells their length',
  ProofsMismatch: 'give one proof of 256 bytes for each request',
  PublicInputsMismatch: 'give the circuit’s public inputs, 32 bytes each: as many as its key has',
  PublicInputTooLarge:
    'give each public input below the order of the field: a larger number stands for another',
  MalformedProof: 'give a proof of 256 bytes: A, B and C as the EVM’s precompiles take points',
  InvalidProof:
    'check the proof with `dikast verify-proof`; of several, the key’s contract tells which do not hold (verifyEach)',
  InvalidKey: 'export the verification key again, after a contribution to the circuit’s second phase',
  PayeeMissing: 'name the account that is to be paid',
  NotCommitted: 'commit to the proof first (commitProof), for this request, payee and blinding',
  RevealedTooEarly: 'try again at the time named, in a later block than the commitment’s',
  // Challenges
  NotCertified: 'bring the request, what was certified of it and the output as the market logged them',
  NotFinal: 'wait until its challenge window has passed, or its challenge is decided',
  Challengeable: 'a request with a challenge window is settled alone: submit it by itself',
  NotChallengeable: 'its challenge window has passed: the result is final',
  AlreadyChallenged: 'nothing is left to do: somebody else challenged it',
  BondMismatch: 'send exactly what the contract asks (ChallengeCourt.bondOf, StandingCommittees.bond)',
  NotPending: 'the challenge was decided, or there is none',
  OutsideChallenge: 'a challenge is decided while its window is open',
  StillOpen: 'wait until it is over: a challenge’s window closes, a request expires',
  RoundNotPosted: 'post its beacon round first',
  NotAChallengeReport:
    'bring what the challenge’s committee signed: attempt 255, view 0, within the request’s bounds',
  TooFewJudges:
    'nothing is left to do: the verdict stands, but the slasher believes only larger committees (its function’s is too small)',
  NotOverturned: 'only what a challenge overturned is a fault: bring what was challenged',
  // Bounties
  NotBounties: 'bounties are paid through the market’s Bounties contract',
  RequestNotWaiting: 'only rounds of open requests are paid for',
  UnknownRound: 'the request has no such attempt',
  RoundTooLate: 'the attempt’s window is over: its round is worth nothing',
  // Accounts and callbacks
  AboveSpendingCap: 'have the account that pays allow more for a request, with `dikast account consumer`',
  AccountTooLow: 'deposit to the account that pays, with `dikast account deposit --for`',
  CallbackNotAllowed: 'the target must allow the caller first (ComputeMarket.allowCallbacks)',
  CallbackNotFailed:
    'only a callback that failed can be tried again: `dikast status` shows the request’s state',
  CallbackTooLate: 'a failed callback can be tried again for a week after the deadline',
  NotTheCallback: 'give the round, time, exit and output of the request’s own fulfilment',
  RetryGasOutOfBounds: 'give at least the gas that was bought, and at most 2,000,000',
  NotRequester: 'use the key of the account that paid for the request',
  RoundAlreadyPosted: 'nothing is left to do: somebody else posted the round',
  ShareClaimed: 'this share, or a later one, was claimed before: claim in ascending order of settlement',
  NotASigner: 'check the settlement, the place among its signers, and the proof',
  // Blame
  UnknownMarket: 'the slasher does not know this market: check its address',
  NotOneRequest: 'bring two reports of one request, attempt and view',
  SameReport: 'bring two reports that differ: signing one twice is no fault',
  NotOneSigner: 'bring two signatures of one node, for this market and chain',
  NoSignerOfBoth: 'bring certificates that share a signer',
  AlreadySlashed: 'nothing is left to do: the fault was punished',
  // Subscriptions of the Functions adapter
  InvalidSubscription:
    'create a subscription first (FunctionsAdapter.createSubscription), or check its number',
  InvalidConsumer: 'the subscription’s owner must add the contract that asks (FunctionsAdapter.addConsumer)',
  InvalidCalldata: 'name another account, and not the zero address',
  EmptyRequestData: 'give request data: the client’s library encodes it',
  GasLimitTooBig: 'name a smaller callbackGasLimit: at most what the error says',
  TooManyConsumers: 'create another subscription: one has a hundred consumers at most',
  MustBeSubscriptionOwner: 'use the key of the account that owns the subscription',
  MustBeProposedOwner: 'use the key of the account the subscription’s owner proposed',
  CannotRemoveWithPendingRequests:
    'wait until open requests are answered, or have those past their deadline expire (ComputeMarket.expire) and time them out (FunctionsAdapter.timeoutRequests)',
  TimeoutNotExceeded: 'a request can be timed out once it expired: `dikast status` shows its state',
  UnsupportedDataVersion: 'send data of version 1, as FunctionsClient does',
  UnknownRequest: 'check the request’s id: it is not the adapter’s, or was answered or timed out',
  // Recurring and signed requests
  TargetNotAllowed:
    'the target must allow, in the market, the account that pays and the contract asked (ComputeMarket.allowCallbacks)',
  NotScheduleOwner: 'use the key of the account the plan names as its owner',
  InvalidSchedule: 'give a period and a count of at least 1, and an end that lies ahead',
  AlreadyScheduled: 'give the plan another salt, or cancel the schedule first (RecurringRequests.cancel)',
  UnknownSchedule: 'give the plan as its Scheduled event has it: it may have been cancelled',
  NotDue: 'try again in the second named, when the next interval opens',
  ScheduleEnded: 'schedule it again: its last interval is over',
  BaseFeeTooHigh: 'try again once the base fee has fallen to what the plan pays, within the interval',
  BountyTooSmall: 'ask for a smaller bounty, or fill the owner’s purse (RecurringRequests.deposit)',
  NotRelayer: 'have the relayer named in the request submit it',
  SignatureExpired: 'have the request signed again, with a later validBefore',
  NonceUsed: 'nothing is left to do if the request was made; else have it signed with another nonce',
  BadSignature: 'check the signer, the chain, the market and the SignedRequests contract it was signed for',
  AboveValueMax: 'have a larger valueMax signed, or wait until the request costs less (ComputeMarket.quote)',
  AboveTipMax: 'ask for no more than the tipMax that was signed',
  PurseTooLow: 'ask for a smaller tip, or fill the signer’s purse (SignedRequests.deposit)',
  // Results kept on chain
  NoResult:
    'check the request’s id: its result is not there yet, was collected, or was not meant for the store',
  // Standing committees and their feeds
  PoseidonTableMissing: 'write the table of that width first (PoseidonTables.write): anybody may, once',
  WrongPoseidonTable: 'give the bytes `poseidonTable` makes, of a width from 5 to 16',
  PoseidonTableKnown: 'nothing is left to do: the table is written',
  InvalidSize: 'name a committee of 4 to 30 seats',
  NotNewestEpoch: 'post the committee of the newest sealed epoch',
  AlreadyPosted: 'nothing is left to do: somebody posted this epoch’s committee, or a later one',
  PostUndecided: 'wait until its time is over, or have it decided now (StandingCommittees.check)',
  InvalidKeyRoot: 'give a root below the order of the field',
  NoCommittee: 'post a root first (StandingCommittees.post), or have it computed (StandingCommittees.check)',
  NothingToFinalize: 'nothing is left to do, or its time is not over yet',
  AskedTooSoon: 'ask again in the second named: once a period is enough for all',
  StaleCommittee: 'post the newest epoch’s committee first (StandingCommittees.post)',
  Underfunded: 'send ether to the feed, at least what is missing',
  UnknownSlot: 'give the member’s place among StandingCommittees.membersOf, from 0',
  // Functions
  InvalidSpec: 'the field named is out of its range: `dikast function deploy --help` lists them',
  InvalidName: 'a name is 3 to 32 of a-z, 0-9 and -, and neither begins nor ends with -',
  NameTaken: 'choose another --name, or use the key of the account that owns it',
  AlreadyDeployed: 'run the command again: it pushes the module to nodes',
  UnknownFunction: '`dikast function list` shows what is deployed',
  NotOwner: 'use the key of the account that deployed the function',
  FunctionRetired: 'deploy a new function: a retired one does not come back',
  // Nodes
  UnknownCapabilities:
    'this registry does not know a kind of extension that the file grants: take it out of the file, or register with `--extensions none`',
  NotOperator: 'use the key of the account that registered the node',
  AttestorTaken: 'these node keys are registered already: make others with `dikast node init`',
  InvalidAggregate:
    'some signature in the sum is not of this committee, report or seat: gather the signatures anew',
  BlsKeyNotRegistered:
    'a signer’s node has no BLS key: leave its seat out, or register it with `dikast node bls`',
  BlsKeyTaken: 'this BLS key is another node’s: each needs keys of its own, from `dikast node init`',
  BlsKeyAlreadyRegistered: 'nothing is to be done: a node’s BLS key is registered once, for good',
  InvalidPossession: 'check that the network file’s bls.keyRegistry and chainId are those of this network',
  MalformedKey: 'give the key as 96 bytes and the proof as 192: `dikast node bls` does',
  SchnorrKeyTaken: 'this key is another node’s: each needs keys of its own, from `dikast node init`',
  SchnorrKeyAlreadyRegistered:
    'nothing is to be done: a node’s key for committee proofs is registered once, for good',
  InvalidSchnorrKey:
    'give a point of prime order whose v is even, and an eighth of it (`proveKey` makes both)',
  InvalidSchnorrPossession: 'check that the network file’s schnorrKeys and chainId are those of this network',
  NotNodeOperator: 'send it from the account that registered the node',
  NothingToPack: 'wait until another node of the group has registered a BLS key',
  UnknownNode: 'register the node with `dikast node register`',
  BadBinding: 'check that the network file’s nodeRegistry and chainId are those of this network',
  StakeTooSmall: 'stake at least the least stake named, or take out all of it',
  StakeTooLarge: 'spread the stake over several nodes',
  RegistryFull: 'wait until a node leaves, or evict one without stake (NodeRegistry.evict)',
  StillBonded: 'only a node without the least stake can be evicted',
  NodeJailed: 'it was slashed: renew from the epoch named on, with `dikast node renew`',
  NothingToSeal: 'wait until a node that bonded before this epoch began is in the list',
  EpochAlreadySealed: 'nothing is left to do: somebody sealed this epoch',
  InvalidSlasher: 'name a contract that is not on the list; the list holds 16',
  NotSlasher: 'only the contracts `NodeRegistry.slashers` lists may slash',
  InvalidSlash: 'take between 1 and 10,000 basis points',
  NoReward: 'nothing is owed to this account: reports of faults earn rewards',
  EpochNotSealed: 'wait until an epoch is sealed: a running coordinator does it',
  StakeStillBonded: 'try again after the time named (seconds since 1970)',
  NothingUnbonding: 'take stake out first, with `dikast node unbond`',
  NothingToClaim: 'try again once the node has earned something',
  TransferFailed: 'name an account with --to that accepts ether',
}

/** Undefined for an error that is not the contracts' own. */
export function fixOf(error: string | undefined): string | undefined {
  return FIXES[error ?? '']
}

/** A transaction was refused by the contracts. */
export class RevertedError extends DikastError {
  readonly code = 'REVERTED'
  /** The custom error's name, when it is one of ours. */
  readonly error: string | undefined

  constructor(error: string | undefined, detail: string, options: { readonly fix?: string } = {}) {
    super(`the contract refuses: ${detail}`, {
      fix: options.fix ?? fixOf(error) ?? 'check the values given against docs/spec/contracts.md',
    })
    this.error = error
  }
}
