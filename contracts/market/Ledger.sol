// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";

/// @title Who is owed what. Every payment is a credit its owner pulls, so nobody's failure to receive blocks another.
/// @dev The market's balance is always the sum of open escrows, credits, unclaimed shares, the pool and the protocol's
/// fees. What is kept here stands first in the storage of the market and of its extension, which runs over it [MKT-24]; what
/// pays in and out stands in `Accounts`, which only the market is.
abstract contract Ledger is IMarketTypes, ReentrancyGuardTransient {
    /// @dev One slot, which a settlement touches once.
    struct Sums {
        /// Pay of seats that did not sign. The pool's other part, selection fees, follows from the count of requests.
        uint128 unsignedPay;
        uint128 protocolFees;
    }

    /// @dev What each signer of a large committee earned, in one slot: 2**72 wei is more than a seat can cost, and a root
    /// cut to 168 bits leaves no second preimage to look for.
    struct Shares {
        uint72 perSeat;
        uint16 signers;
        uint168 root;
    }

    /// Committees above this are paid through one record: crediting each would cost more than their signatures.
    uint256 private constant CREDITED_SEATS_MAX = 21;

    INodeRegistry internal immutable NODES;
    address internal immutable TREASURY;

    Sums internal _sums;
    mapping(address account => uint256) internal _credits;
    /// Apart from accounts: an attestor's hot key must not be able to claim what its operator earned.
    mapping(address attestor => uint256) internal _nodeCredits;
    mapping(address payer => mapping(address consumer => uint256)) internal _spendingCaps;
    mapping(uint256 settlement => Shares) internal _shares;
    mapping(address attestor => uint256) internal _sharesClaimedBelow;
    uint256 private _settlements;
    /// What bounties took out of the pool.
    uint256 internal _poolSpent;

    constructor(INodeRegistry nodes, address treasury) {
        NODES = nodes;
        TREASURY = treasury;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        unchecked {
            // No sum of credits reaches 2**256: each was paid in, in wei.
            _credits[account] += amount;
        }
    }

    /// Takes a request's value from a prepaid account, if `consumer` may spend as much of it at a time.
    function _spend(address payer, address consumer, uint256 value) internal {
        if (payer != consumer) {
            uint256 cap = _spendingCaps[payer][consumer];
            if (value > cap) revert AboveSpendingCap(payer, consumer, value, cap);
        }
        uint256 balance = _credits[payer];
        if (value > balance) revert AccountTooLow(payer, balance, value);
        unchecked {
            _credits[payer] = balance - value;
        }
    }

    /// Credits each, or keeps a record they claim from.
    /// @param attestors as words.
    /// @param seats of their committee.
    function _payAttestors(bytes32[] memory attestors, uint256 perSeat, uint256 seats) internal {
        if (perSeat == 0) return;
        if (seats > CREDITED_SEATS_MAX && perSeat <= type(uint72).max) {
            _recordShares(attestors, perSeat);
            return;
        }
        // No sum of credits reaches 2**256: each was paid in, in wei.
        assembly ("memory-safe") {
            mstore(32, _nodeCredits.slot)
            let next := add(attestors, 32)
            for {
                let end := add(next, shl(5, mload(attestors)))
            } lt(next, end) {
                next := add(next, 32)
            } {
                mstore(0, shr(96, shl(96, mload(next))))
                let slot := keccak256(0, 64)
                sstore(slot, add(sload(slot), perSeat))
            }
        }
    }

    /// Keeps the signers' pay as one record, which each of them claims from.
    /// @param attestors as digests of leaves.
    function _recordShares(bytes32[] memory attestors, uint256 perSeat) private returns (uint256 settlement) {
        settlement = ++_settlements;
        uint256 signers = attestors.length;
        bytes32 root = MerkleTree.rootOf(attestors);
        _shares[settlement] = Shares(uint72(perSeat), uint16(signers), uint168(uint256(root)));
        emit SharesRecorded(settlement, perSeat, signers);
    }

    /// Each is part of an escrow below 2**96: 2**32 of the largest would be needed to overflow.
    function _addSums(uint256 unsignedPay, uint256 protocolFee) internal {
        // As one word: field by field it is taken apart and put together.
        assembly ("memory-safe") {
            sstore(_sums.slot, add(sload(_sums.slot), or(unsignedPay, shl(128, protocolFee))))
        }
    }

    function _checkOperator(address attestor) internal view {
        if (NODES.operatorOf(attestor) != msg.sender) revert NotOperator(attestor, msg.sender);
    }
}
