// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FunctionId, RequestId} from "../types/Ids.sol";
import {Fulfillment, Report, Request} from "../types/Request.sol";

/// @title Requests, their escrow and their settlement.
/// @notice One slot a request holds its status and escrow. All payments are credits, pulled by their owners; the
/// callback comes last and cannot block them. Refunds and expiry work while new requests are paused.
interface IComputeMarket {
    enum Status {
        None,
        Open,
        Fulfilled,
        CallbackFailed,
        Expired
    }

    struct RequestParams {
        FunctionId functionId;
        /// Zero for the function's own size; a larger committee costs more seats. Never smaller.
        uint16 committeeSize;
        /// How many committees may try, 1 to 3; zero for 3.
        uint8 attempts;
        /// Zero for no callback.
        uint32 callbackGas;
        uint64 maxFeePerGas;
        bytes input;
    }

    /// @notice How the escrow was settled, in wei. Every signer earned `perSeat`; `pool` is the pay of seats that did
    /// not sign. perSeat x signers + pool + royalty + protocolFee + submitter + refund = escrow.
    struct Payment {
        uint96 perSeat;
        uint96 pool;
        uint96 submitter;
        uint96 refund;
    }

    event RequestSubmitted(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed requester,
        uint96 escrow,
        Request request
    );
    event RequestFulfilled(
        RequestId indexed requestId,
        FunctionId indexed functionId,
        address indexed submitter,
        Payment payment,
        Fulfillment fulfillment
    );
    event CallbackFailed(RequestId indexed requestId);
    event RequestExpired(RequestId indexed requestId, uint96 refund);
    event Claimed(address indexed account, address to, uint256 amount);
    event PausedSet(bool paused);

    error InvalidConfig(string field);
    error RequestsPaused();
    error FunctionNotActive(FunctionId functionId);
    error CommitteeTooSmall(uint256 size, uint256 sizeMin);
    error CommitteeTooLarge(uint256 size, uint256 sizeMax);
    error NotEnoughNodes(uint256 eligible, uint256 required);
    error StaleEpoch(uint32 epoch, uint32 currentEpoch);
    error InputTooLarge(uint256 length, uint256 lengthMax);
    error OutputTooLarge(uint256 length, uint256 lengthMax);
    error TooManyAttempts(uint256 attempts);
    error CallbackGasTooLarge(uint256 gas, uint256 gasMax);
    error PaymentTooSmall(uint256 value, uint256 required);
    error PaymentTooLarge(uint256 value);
    error RequestNotOpen(RequestId requestId, Status status);
    error UnknownAttempt(uint256 attempt);
    error OutsideWindow(uint256 time, uint256 opensAt, uint256 closesAt);
    error BeaconNotPosted(uint64 round);
    error ViewNotAllowed(uint32 view_);
    error FuelAboveLimit(uint64 fuelUsed, uint64 fuelLimit);
    error FuelBelowLimit(uint64 fuelUsed, uint64 fuelLimit);
    error EvidenceNotAllowed(bytes32 evidenceHash);
    error NotExpired(uint256 time, uint256 deadline);
    error NotEnoughGas(uint256 available, uint256 required);
    error NothingToClaim(address account);
    error NotOperator(address attestor, address caller);
    error TransferFailed(address to);

    /// @notice Asks for a computation; the value sent is the escrow plus the selection fee. What is not spent is
    /// credited back to the caller.
    function request(RequestParams calldata params) external payable returns (RequestId);

    /// @notice The least value `request` accepts for these parameters now.
    function quote(RequestParams calldata params) external view returns (uint256);

    /// @notice Settles a request. Anyone: the committee is recomputed and the certificate checked here.
    function fulfill(Request calldata request_, Fulfillment calldata fulfillment) external;

    /// @notice Refunds a request nobody certified, strictly after its deadline. Anyone; also while paused.
    function expire(Request calldata request_) external;

    /// @notice Pays the caller's credit to `to`.
    function claim(address payable to) external returns (uint256 amount);

    /// @notice Pays a node's earnings to `to`. Only its operator: the node's own hot key cannot.
    function claimNode(address attestor, address payable to) external returns (uint256 amount);

    /// @notice Stops or resumes new requests; nothing else.
    function setPaused(bool paused) external;

    function statusOf(RequestId requestId) external view returns (Status status, uint96 escrow);

    /// @notice What `claim` pays an account now: refunds, royalties, reimbursements, and the treasury's fees.
    function creditOf(address account) external view returns (uint256);

    /// @notice What `claimNode` pays for a node now.
    function nodeCreditOf(address attestor) external view returns (uint256);

    /// @notice Selection fees and the pay of seats that did not sign, kept for bounties.
    function pool() external view returns (uint256);

    /// @notice What a submitter is reimbursed [FEE-4]: gas of the transaction, of each signature and of each byte of
    /// input and output, and the tip in wei paid above the base fee.
    function gasConstants()
        external
        view
        returns (uint256 gasBase, uint256 gasPerSignature, uint256 gasPerByte, uint256 tipMax);

    /// @notice The EIP-712 digest that identifies a request.
    function requestIdOf(Request calldata request_) external view returns (RequestId);

    /// @notice The committee of an attempt: snapshot indices in the order drawn. Reverts until its round is posted.
    function committeeOf(Request calldata request_, uint8 attempt) external view returns (uint256[] memory);

    /// @notice The digest the committee signs for this report.
    function attestationDigest(
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        Report calldata report
    ) external view returns (bytes32);

    /// @notice EIP-712 domain: name "Dikast", version "1", this chain, this contract.
    function domainSeparator() external view returns (bytes32);
}
