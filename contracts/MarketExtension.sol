// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketExtension} from "./interfaces/IMarketExtension.sol";
import {CallbackData} from "./libraries/CallbackData.sol";
import {Challengeable} from "./market/Challengeable.sol";
import {MarketBase} from "./market/MarketBase.sol";
import {ProofBatchSettlement} from "./market/ProofBatchSettlement.sol";
import {ShareClaims} from "./market/ShareClaims.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {RequestId} from "./types/Ids.sol";
import {MarketConfig} from "./types/MarketConfig.sol";
import {Request} from "./types/Request.sol";

/// @title The rarer half of a market's code, which the market runs over its own storage and balance (`delegatecall`).
/// @dev The documentation stands in `IMarketExtension`. Called by itself it is a market where nothing was ever asked: every
/// call reverts, or changes nothing and takes no ether.
/// Warning: storage is laid out by what it shares with `ComputeMarket` (`MarketBase` and what that is made of) and by nothing
/// else: a variable of its own would stand where the market keeps one of its own.
contract MarketExtension is ProofBatchSettlement, Challengeable, ShareClaims {
    /// A failed callback may be tried again this long after the deadline.
    uint256 private constant CALLBACK_RETRY_SECONDS = 7 days;

    /// @inheritdoc IMarketExtension
    bytes32 public immutable configHash;

    constructor(MarketConfig memory config) MarketBase(config) {
        configHash = keccak256(abi.encode(config));
    }

    /// @inheritdoc IMarketExtension
    function topUp(Request calldata request_, uint64 maxFeePerGas) external payable {
        if (msg.sender != request_.requester) revert NotRequester(request_.requester, msg.sender);
        RequestId requestId = _idOf(request_);
        Entry entry = _entries[requestId];
        if (entry.status() != Status.Open) revert RequestNotOpen(requestId, entry.status());
        uint256 maxFeeBefore = _maxFeeOf(request_, entry);
        if (maxFeePerGas < maxFeeBefore) maxFeePerGas = uint64(maxFeeBefore);
        uint256 escrow = entry.escrow() + msg.value;
        if (escrow > type(uint96).max) revert PaymentTooLarge(msg.value);
        uint256 escrowMin = _escrowMin(request_, maxFeePerGas);
        if (escrow < escrowMin) revert PaymentTooSmall(escrow, escrowMin);
        _entries[requestId] = EntryLibrary.open(uint96(escrow), maxFeePerGas);
        emit RequestToppedUp(requestId, uint96(escrow), maxFeePerGas);
    }

    /// @inheritdoc IMarketExtension
    function retryCallback(
        Request calldata request_,
        CallbackResult calldata result,
        uint256 gas
    ) external nonReentrant returns (bool ok) {
        RequestId requestId = _idOf(request_);
        Entry entry = _entries[requestId];
        if (entry.status() != Status.CallbackFailed) revert CallbackNotFailed(requestId, entry.status());
        uint256 retryBefore = request_.deadline + CALLBACK_RETRY_SECONDS;
        if (block.timestamp >= retryBefore) revert CallbackTooLate(block.timestamp, retryBefore);
        if (gas < request_.callbackGas || gas > CALLBACK_GAS_MAX) {
            revert RetryGasOutOfBounds(gas, request_.callbackGas, CALLBACK_GAS_MAX);
        }
        bytes memory data = CallbackData.encode(
            requestId,
            request_.functionId,
            result.round,
            result.fulfilledAt,
            result.exit,
            result.output
        );
        if (Entry.unwrap(entry) != Entry.unwrap(EntryLibrary.failed(keccak256(data)))) {
            revert NotTheCallback(requestId);
        }
        _requireGas(gas + RESERVED_GAS);
        // Before the call, which may ask for its status; put back if it fails again.
        _entries[requestId] = EntryLibrary.closed(Status.Fulfilled);
        ok = _call(request_.callbackTarget, gas, data);
        if (!ok) _entries[requestId] = entry;
        emit CallbackRetried(requestId, msg.sender, ok);
    }

    /// @inheritdoc IMarketExtension
    function payBounty(address account, uint256 amount) external returns (uint256 bounty) {
        if (msg.sender != BOUNTIES) revert NotBounties(msg.sender);
        uint256 left = _poolNow();
        bounty = amount < left ? amount : left;
        _poolSpent += bounty;
        _credit(account, bounty);
    }

    /// @inheritdoc IMarketExtension
    function pool() external view returns (uint256) {
        return _poolNow();
    }

    /// @inheritdoc IMarketExtension
    function bounties() external view returns (address) {
        return BOUNTIES;
    }

    /// @inheritdoc IMarketExtension
    function court() external view returns (address) {
        return address(COURT);
    }

    /// @inheritdoc IMarketExtension
    function dataFee() external view returns (address) {
        return address(DATA_FEE);
    }

    /// @inheritdoc IMarketExtension
    function committeeOf(
        Request calldata request_,
        uint8 attempt
    ) external view returns (uint256[] memory committee) {
        (committee, ) = _draw(request_, attempt, _attempt(request_, attempt).round);
    }
}
