// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Consensus} from "./Consensus.sol";
import {FunctionId} from "./Ids.sol";

/// @notice One committee's turn: the beacon round that draws it, and its half-open window [opensAt, closesAt).
struct Attempt {
    uint64 round;
    uint64 opensAt;
    uint64 closesAt;
}

/// @notice A paid unit of work. Immutable once emitted: everything settlement needs is frozen in it, so that
/// no later change of a function, a fee or a registry touches an open request, and an audit needs logs only.
struct Request {
    /// The account that paid: receives refunds. The callback goes to `callbackTarget`.
    address requester;
    FunctionId functionId;
    /// The market's own counter: two requests never share an id.
    uint64 nonce;
    /// The sealed epoch whose snapshot draws the committees, and that snapshot's code blob.
    uint32 epoch;
    address snapshot;
    Consensus consensus;
    uint16 committeeSize;
    /// The contract that checks the certificate.
    address verifier;
    /// Receives the royalty.
    address functionOwner;
    /// Seconds since 1970. After it (strictly) a request that is not certified can only expire.
    uint64 deadline;
    /// Zero for no callback; otherwise the caller, the account that pays, or a contract that allowed the caller.
    address callbackTarget;
    uint32 callbackGas;
    uint32 outputBytesMax;
    /// Seconds in which a certificate may be challenged; zero finalises at once.
    uint32 challengeWindow;
    /// Wei each signing seat earns, plus `fuelPrice` x fuel used; a trap or a limit uses all of `fuelLimit`.
    uint96 flatFeePerSeat;
    uint64 fuelPrice;
    uint64 fuelLimit;
    /// Wei to the function's owner, and to the protocol, when the request is fulfilled.
    uint96 royalty;
    uint96 protocolFee;
    /// Wei a unit of gas: the most the requester reimburses a submitter.
    uint64 maxFeePerGas;
    bytes input;
    Attempt[] attempts;
}

/// @notice What the nodes that signed claim of one request.
/// exit: 0 ok, 1-255 the guest's own code, 0x100 and up a trap or a limit (docs/spec/formats.md).
struct Report {
    bytes32 requestId;
    bytes32 outputHash;
    uint16 exit;
    uint64 fuelUsed;
    bytes32 evidenceHash;
}

/// @notice One request's part of a batch as it is logged: what its nodes claim of it, and the output.
struct BatchResult {
    uint16 exit;
    uint64 fuelUsed;
    bytes32 evidenceHash;
    bytes output;
}

/// @notice One certificate over many reports of one committee.
struct Batch {
    uint8 attempt;
    uint32 view_;
    /// The report digests of the tree in order; zero where a request of this transaction stands.
    bytes32[] leaves;
    bytes certificate;
}

/// @notice What a submitter brings: the report (its request and output hash are recomputed) and its certificate.
struct Fulfillment {
    uint8 attempt;
    uint32 view_;
    uint16 exit;
    uint64 fuelUsed;
    bytes32 evidenceHash;
    bytes output;
    bytes certificate;
}
