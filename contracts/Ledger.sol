// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {ShareClaim, ShareClaimLibrary} from "./types/ShareClaim.sol";

/// @title Who is owed what. Every payment is a credit its owner pulls, so nobody's failure to receive blocks another.
/// @dev The market's balance is always the sum of open escrows, credits, unclaimed shares, the pool and the protocol's
/// fees.
abstract contract Ledger is IComputeMarket, ReentrancyGuardTransient {
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
    mapping(address account => uint256) private _credits;
    /// Apart from accounts: an attestor's hot key must not be able to claim what its operator earned.
    mapping(address attestor => uint256) private _nodeCredits;
    mapping(address payer => mapping(address consumer => uint256)) private _spendingCaps;
    mapping(uint256 settlement => Shares) private _shares;
    mapping(address attestor => uint256) private _sharesClaimedBelow;
    uint256 private _settlements;
    /// What bounties took out of the pool.
    uint256 internal _poolSpent;

    constructor(INodeRegistry nodes, address treasury) {
        NODES = nodes;
        TREASURY = treasury;
    }

    /// @inheritdoc IComputeMarket
    function deposit(address account) external payable {
        _credit(account, msg.value);
        emit Deposited(account, msg.sender, msg.value);
    }

    /// @inheritdoc IComputeMarket
    function setConsumer(address consumer, uint96 valueMax) external {
        _spendingCaps[msg.sender][consumer] = valueMax;
        emit ConsumerSet(msg.sender, consumer, valueMax);
    }

    /// @inheritdoc IComputeMarket
    function claim(address payable to) external nonReentrant returns (uint256 amount) {
        amount = creditOf(msg.sender);
        if (amount == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        if (msg.sender == TREASURY) _sums.protocolFees = 0;
        emit Claimed(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IComputeMarket
    function claimNode(address attestor, address payable to) external nonReentrant returns (uint256 amount) {
        _checkOperator(attestor);
        amount = _nodeCredits[attestor];
        if (amount == 0) revert NothingToClaim(attestor);
        _nodeCredits[attestor] = 0;
        emit Claimed(attestor, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IComputeMarket
    /// @dev By its operator alone, though it only credits the node: who claimed a later share for another, or one made for the
    /// purpose by `depositShares`, would make it lose all before.
    function claimShares(address attestor, bytes calldata claims) external returns (uint256 amount) {
        _checkOperator(attestor);
        uint256 claimedBelow = _sharesClaimedBelow[attestor];
        bytes32 leaf = bytes32(uint256(uint160(attestor)));
        (ShareClaim claim_, ShareClaim end) = ShareClaimLibrary.rangeOf(claims);
        // A sum of shares stays below 2**96, which the escrows they are of did.
        unchecked {
            while (ShareClaim.unwrap(claim_) < ShareClaim.unwrap(end)) {
                uint256 settlement = claim_.settlement();
                if (settlement < claimedBelow) revert ShareClaimed(settlement, claimedBelow);
                (uint256 perSeat, uint256 signers, uint256 root) = _sharesAt(settlement);
                uint256 found;
                (found, claim_) = claim_.rootFrom(leaf, signers);
                // One that is cut short would be read from other bytes of the call.
                bool whole = ShareClaim.unwrap(claim_) <= ShareClaim.unwrap(end);
                if (signers == 0 || uint168(found) != root || !whole) revert NotASigner(settlement, attestor);
                amount += perSeat;
                claimedBelow = settlement + 1;
            }
        }
        _sharesClaimedBelow[attestor] = claimedBelow;
        _creditNode(attestor, amount);
        emit SharesClaimed(attestor, claimedBelow, amount);
    }

    /// @inheritdoc IComputeMarket
    function nodeCreditOf(address attestor) external view returns (uint256) {
        return _nodeCredits[attestor];
    }

    /// @inheritdoc IComputeMarket
    function spendingCapOf(address payer, address consumer) external view returns (uint256) {
        return _spendingCaps[payer][consumer];
    }

    /// @inheritdoc IComputeMarket
    function sharesOf(
        uint256 settlement
    ) external view returns (uint256 perSeat, uint256 signers, bytes32 root) {
        uint256 lowBits;
        (perSeat, signers, lowBits) = _sharesAt(settlement);
        root = bytes32(lowBits);
    }

    /// @inheritdoc IComputeMarket
    function sharesClaimedBelow(address attestor) external view returns (uint256) {
        return _sharesClaimedBelow[attestor];
    }

    /// @inheritdoc IComputeMarket
    function creditOf(address account) public view returns (uint256 amount) {
        amount = _credits[account];
        if (account == TREASURY) amount += _sums.protocolFees;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        unchecked {
            // No sum of credits reaches 2**256: each was paid in, in wei.
            _credits[account] += amount;
        }
    }

    function _creditNode(address attestor, uint256 amount) internal {
        if (amount != 0) _nodeCredits[attestor] += amount;
    }

    function _sharesAt(
        uint256 settlement
    ) private view returns (uint256 perSeat, uint256 signers, uint256 root) {
        Shares storage shares = _shares[settlement];
        uint256 word;
        // Read once: field by field it is read three times.
        assembly ("memory-safe") {
            word := sload(shares.slot)
        }
        return (uint72(word), uint16(word >> 72), word >> 88);
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

    /// @inheritdoc IComputeMarket
    function depositShares(
        bytes32[] calldata attestors,
        uint256 perSeat,
        uint256 unsignedPay
    ) external payable {
        uint256 value = perSeat * attestors.length + unsignedPay;
        if (msg.value != value) revert PaymentTooSmall(msg.value, value);
        _payAttestors(attestors, perSeat, attestors.length);
        _addSums(unsignedPay, 0);
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
        Sums memory sums = _sums;
        unchecked {
            sums.unsignedPay += uint128(unsignedPay);
            sums.protocolFees += uint128(protocolFee);
        }
        _sums = sums;
    }

    function _checkOperator(address attestor) private view {
        if (NODES.operatorOf(attestor) != msg.sender) revert NotOperator(attestor, msg.sender);
    }

    function _pay(address payable to, uint256 amount) private {
        (bool ok, ) = to.call{value: amount}("");
        if (!ok) revert TransferFailed(to);
    }
}
