// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketExtension} from "../interfaces/IMarketExtension.sol";
import {ShareClaim, ShareClaimLibrary} from "../types/ShareClaim.sol";
import {Ledger} from "./Ledger.sol";

/// @title How nodes are credited what large committees earned.
abstract contract ShareClaims is IMarketExtension, Ledger {
    /// @inheritdoc IMarketExtension
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

    /// @inheritdoc IMarketExtension
    function sharesOf(
        uint256 settlement
    ) external view returns (uint256 perSeat, uint256 signers, bytes32 root) {
        uint256 lowBits;
        (perSeat, signers, lowBits) = _sharesAt(settlement);
        root = bytes32(lowBits);
    }

    /// @inheritdoc IMarketExtension
    function sharesClaimedBelow(address attestor) external view returns (uint256) {
        return _sharesClaimedBelow[attestor];
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
}
