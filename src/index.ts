/**
 * What other programs may build on: the formats and the pure core. They run in a browser unchanged.
 * @module
 */
export { audit } from './core/audit/audit.ts'
export type {
  AuditEvidence,
  AuditStep,
  AuditStepId,
  ChallengeEvidence,
  FeeConstants,
  FinalEvidence,
  FinalityEvidence,
  FulfilledEvidence,
  PaymentEvidence,
  ResolvedEvidence,
  Verdict,
} from './core/audit/evidence.ts'
export { type Course, courseOf, describeCourse } from './core/audit/finality.ts'
export {
  CertificateError,
  decodeCertificate,
  encodeCertificate,
  type SeatSignature,
  verifyCertificate,
} from './core/certificate.ts'
export { faultsTolerated, quorumOf } from './core/consensus/quorum.ts'
export {
  decodeSnapshot,
  encodeSnapshot,
  encodeSnapshotParts,
  memberAt,
  snapshotOf,
  snapshotParts,
} from './core/snapshot.ts'
export { CommitteeTooSmallError, selectCommittee } from './core/sortition.ts'
export { prepareModule } from './core/wasm/prepare.ts'
export { randomnessOf, verifyRound } from './crypto/drand.ts'
export {
  attestationDigest,
  moduleReceiptDigest,
  nodeBindingDigest,
  reportDigest,
  requestIdOf,
  type SigningDomain,
} from './crypto/eip712.ts'
export { functionIdOf } from './crypto/function-id.ts'
export { merkleRoot } from './crypto/merkle.ts'
export { committeeSeed, guestSeed } from './crypto/seeds.ts'
export { recoverSigner, signDigest } from './crypto/signature.ts'
export { signedRequestDigest } from './crypto/signed-request.ts'
export { beaconRegistryAbi } from './protocol/abi/beacon-registry.ts'
export { computeMarketAbi } from './protocol/abi/compute-market.ts'
export { functionRegistryAbi } from './protocol/abi/function-registry.ts'
export { nodeRegistryAbi } from './protocol/abi/node-registry.ts'
export { recurringRequestsAbi } from './protocol/abi/recurring-requests.ts'
export { resultStoreAbi } from './protocol/abi/result-store.ts'
export { signedRequestsAbi } from './protocol/abi/signed-requests.ts'
export { verifierRouterAbi } from './protocol/abi/verifier-router.ts'
export { DikastError, InvalidInputError, LimitExceededError } from './protocol/errors.ts'
export {
  type RequestParams,
  SIGNED_REQUEST_TYPES,
  type SignedRequest,
  signedRequestDomain,
} from './protocol/signed-request.ts'
export type * from './protocol/types.ts'
