// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Certified} from "../types/Certified.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {BatchResult, Fulfillment, Request} from "../types/Request.sol";
import {Verdict} from "../types/Verdict.sol";

/// @title What a market is asked for, and what it says.
/// @notice Every part of `IComputeMarket` builds on this.
interface IMarketTypes {
    enum Status {
        None,
        Open,
        Fulfilled,
        CallbackFailed,
        Expired,
        /// Certified, and not final while it may be or is challenged.
        Certified
    }

    /// @notice What a request asks for.
    struct RequestParams {
        FunctionId functionId;
        /// Zero for the function's own size; a larger committee costs more seats. Never smaller.
        uint16 committeeSize;
        /// How many committees may try, 1 to 3; zero for 3.
        uint8 attempts;
        /// Zero for no callback.
        uint32 callbackGas;
        uint64 maxFeePerGas;
        /// Seconds in which its certificate may be challenged, beyond the function's; zero for the function's own.
        uint32 challengeWindow;
        bytes input;
    }

    /// @notice How the escrow was settled, in wei. Every signer earned `perSeat`; `pool` is the pay of seats that did
    /// not sign. perSeat x signers + pool + royalty + protocolFee + submitter + refund = escrow. When a challenged request is made
    /// final, it is the escrow less `certified.reimbursement`, and when it was overturned every seat counts as a signer.
    struct Payment {
        uint96 perSeat;
        uint96 pool;
        uint96 submitter;
        uint96 refund;
    }

    /// @notice What a callback that failed would have brought, to try it again.
    struct CallbackResult {
        uint64 round;
        uint64 fulfilledAt;
        uint16 exit;
        bytes output;
    }

    /// @notice A request was made: all of it, and what is held for it. Its nodes start from this.
    event RequestSubmitted(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed requester,
        uint96 escrow,
        Request request
    );
    /// @notice A certificate settled a request at once: the result, and who was paid what.
    event RequestFulfilled(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed submitter,
        Payment payment,
        Fulfillment fulfillment
    );
    /// @notice A certificate over several reports, of which `leaves` are all digests.
    event BatchCertified(
        bytes32 indexed root,
        FunctionId indexed functionId,
        address indexed submitter,
        uint8 attempt,
        uint32 view_,
        bytes32[] leaves,
        bytes certificate
    );
    /// @notice A request was settled by the batch whose root is named; its certificate stands in `BatchCertified`.
    event RequestFulfilledInBatch(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        bytes32 indexed root,
        Payment payment,
        BatchResult result
    );
    /// @notice A certificate of a function with a challenge window: nobody is paid or called back before it is final.
    event RequestCertified(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed submitter,
        Certified certified,
        bytes output,
        bytes certificate
    );
    /// @param payment `submitter` is the caller's. When the certificate was overturned each of the committee's seats earned
    /// `perSeat` for the challenger.
    event RequestFinalized(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed caller,
        Verdict verdict,
        Payment payment,
        uint16 exit,
        uint64 fuelUsed,
        bytes output
    );
    /// @notice The callback reverted or ran out of its gas. The request is settled, and the callback may be tried
    /// again.
    event CallbackFailed(RequestId indexed requestId);
    /// @notice A failed callback was tried again.
    event CallbackRetried(RequestId indexed requestId, address indexed caller, bool ok);
    /// @notice What an open request holds and pays for gas now.
    event RequestToppedUp(RequestId indexed requestId, uint96 escrow, uint64 maxFeePerGas);
    /// @notice Nobody certified it in time, or a challenge of it was not decided: what its requester got back, and the caller.
    event RequestExpired(RequestId indexed requestId, uint96 refund, uint96 bounty, address caller);
    /// @notice An account's credit grew by what was sent.
    event Deposited(address indexed account, address indexed from, uint256 amount);
    /// @notice What `consumer` may spend of the payer's credit on one request.
    event ConsumerSet(address indexed payer, address indexed consumer, uint96 valueMax);
    /// @notice Whether `requester` may name `target` to be called back.
    event CallbacksAllowed(address indexed target, address indexed requester, bool allowed);
    /// @notice The signers of the settlement logged next share its pay, `perSeat` each.
    event SharesRecorded(uint256 indexed settlement, uint256 perSeat, uint256 signers);
    /// @notice A node was credited its shares; those of settlements before `claimedBelow` are claimed or lost.
    event SharesClaimed(address indexed attestor, uint256 claimedBelow, uint256 amount);
    /// @notice An account's credit was paid out to `to`.
    event Claimed(address indexed account, address to, uint256 amount);
    /// @notice Whether requests are refused. Nothing else is ever paused.
    event PausedSet(bool paused);

    /// @notice A constructor argument is out of its range.
    error InvalidConfig(string field);
    /// @notice Ether came without a call that says whose it is: `deposit` does.
    error EtherRefused();
    /// @notice The owner paused new requests.
    error RequestsPaused();
    /// @notice The function is unknown, paused or retired.
    error FunctionNotActive(FunctionId functionId);
    /// @notice A committee is never smaller than the function's own.
    error CommitteeTooSmall(uint256 size, uint256 sizeMin);
    /// @notice The committee, or the one that would hear a challenge, is larger than can be drawn.
    error CommitteeTooLarge(uint256 size, uint256 sizeMax);
    /// @notice The newest snapshot holds fewer nodes than seats.
    error NotEnoughNodes(uint256 eligible, uint256 required);
    /// @notice No epoch was sealed for too long: an old committee may be gone.
    error StaleEpoch(uint32 epoch, uint32 currentEpoch);
    /// @notice The input is longer than a request may hold.
    error InputTooLarge(uint256 length, uint256 lengthMax);
    /// @notice The output is longer than the function may give.
    error OutputTooLarge(uint256 length, uint256 lengthMax);
    /// @notice A request has at most three attempts.
    error TooManyAttempts(uint256 attempts);
    /// @notice A callback has at most so much gas.
    error CallbackGasTooLarge(uint256 gas, uint256 gasMax);
    /// @notice What was sent, or is held, is not enough; of shares it is not exactly what they come to.
    error PaymentTooSmall(uint256 value, uint256 required);
    /// @notice An escrow has at most 96 bits.
    error PaymentTooLarge(uint256 value);
    /// @notice The request is unknown, settled, certified or expired.
    error RequestNotOpen(RequestId requestId, Status status);
    /// @notice The request has fewer attempts.
    error UnknownAttempt(uint256 attempt);
    /// @notice A certificate counts while its attempt's window is open.
    error OutsideWindow(uint256 time, uint256 opensAt, uint256 closesAt);
    /// @notice The committee is not drawn before its round is posted.
    error BeaconNotPosted(uint64 round);
    /// @notice The request is a circuit's: a proof settles it, and no certificate.
    error ProofExpected();
    /// @notice An exact function's committee signs in view 0, and so does nobody a proof.
    error ViewNotAllowed(uint32 view_);
    /// @notice The function is not exact, or the window asked for is shorter than its own or longer than any may be.
    error InvalidChallengeWindow(uint256 challengeWindow);
    /// @notice The committee claims more fuel than the request allows.
    error FuelAboveLimit(uint64 fuelUsed, uint64 fuelLimit);
    /// @notice The committee claims a trap that left fuel: a trap costs all of it.
    error FuelBelowLimit(uint64 fuelUsed, uint64 fuelLimit);
    /// @notice An exact function rests on nothing from outside.
    error EvidenceNotAllowed(bytes32 evidenceHash);
    /// @notice The deadline has not passed.
    error NotExpired(uint256 time, uint256 deadline);
    /// @notice That is not what the market keeps of the request.
    error NotCertified(RequestId requestId);
    /// @notice The result may still be challenged, or is.
    error NotFinal(RequestId requestId, uint256 finalAt);
    /// @notice A request with a challenge window is settled alone.
    error Challengeable(uint256 index);
    /// @notice The transaction cannot give the callback what was bought and end well.
    error NotEnoughGas(uint256 available, uint256 required);
    /// @notice An item is cut short, follows the last, or none of them is an open request of the batch.
    error BatchMismatch(uint256 index);
    /// @notice The target did not allow this requester.
    error CallbackNotAllowed(address target, address requester);
    /// @notice Only a callback that failed is tried again.
    error CallbackNotFailed(RequestId requestId, Status status);
    /// @notice A failed callback may be tried again for a week after the deadline.
    error CallbackTooLate(uint256 time, uint256 deadline);
    /// @notice That is not what the failed callback would have brought.
    error NotTheCallback(RequestId requestId);
    /// @notice Another try has at least the gas that was bought.
    error RetryGasOutOfBounds(uint256 gas, uint256 gasMin, uint256 gasMax);
    /// @notice Only the account that pays for the request may.
    error NotRequester(address requester, address caller);
    /// @notice Only the market's `Bounties` takes from its pool.
    error NotBounties(address caller);
    /// @notice The payer allows this consumer less for a request.
    error AboveSpendingCap(address payer, address consumer, uint256 value, uint256 cap);
    /// @notice The payer's credit does not cover the request.
    error AccountTooLow(address payer, uint256 balance, uint256 value);
    /// @notice This share, or a later one, was claimed before.
    error ShareClaimed(uint256 settlement, uint256 claimedBelow);
    /// @notice The proof does not show the node among the settlement's signers.
    error NotASigner(uint256 settlement, address attestor);
    /// @notice Nothing is owed to it.
    error NothingToClaim(address account);
    /// @notice Only the account that registered the node may.
    error NotOperator(address attestor, address caller);
    /// @notice The receiver refuses ether. Nothing was taken from the credit.
    error TransferFailed(address to);
}
