// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarketTypes} from "../interfaces/IMarketTypes.sol";

/// @notice A request in the market's storage, from the lowest bit: its status (8); while it is open the escrow it holds
/// (96) and what its requester raised `maxFeePerGas` to (64); after a callback failed, what it would have been told (248);
/// while it may be challenged, its `Certified` (248). Of both the hash, but for the highest byte.
type Entry is uint256;

using EntryLibrary for Entry global;

/// @title Packs and reads an entry.
library EntryLibrary {
    /// @return An entry without escrow.
    function closed(IMarketTypes.Status status_) internal pure returns (Entry) {
        return Entry.wrap(uint256(status_));
    }

    function open(uint96 escrow_, uint64 maxFeePerGas_) internal pure returns (Entry) {
        return
            Entry.wrap(
                uint256(IMarketTypes.Status.Open) | (uint256(escrow_) << 8) | (uint256(maxFeePerGas_) << 104)
            );
    }

    /// @param callback the hash of the callback's data, of which all but the highest byte is kept.
    function failed(bytes32 callback) internal pure returns (Entry) {
        return Entry.wrap(uint256(IMarketTypes.Status.CallbackFailed) | (uint256(callback) << 8));
    }

    /// @param hash of the `Certified`.
    function certified(bytes32 hash) internal pure returns (Entry) {
        return Entry.wrap(uint256(IMarketTypes.Status.Certified) | (uint256(hash) << 8));
    }

    function status(Entry self) internal pure returns (IMarketTypes.Status) {
        return IMarketTypes.Status(uint8(Entry.unwrap(self)));
    }

    /// Warning: of an open request.
    function escrow(Entry self) internal pure returns (uint96) {
        return uint96(Entry.unwrap(self) >> 8);
    }

    /// Zero unless it was raised. Warning: of an open request.
    function maxFeePerGas(Entry self) internal pure returns (uint64) {
        return uint64(Entry.unwrap(self) >> 104);
    }
}
