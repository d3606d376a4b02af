// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";

/// @notice A request in the market's storage: its status in the lowest byte, above it the escrow it still holds.
type Entry is uint256;

using EntryLibrary for Entry global;

library EntryLibrary {
    function make(IComputeMarket.Status status_, uint96 escrow_) internal pure returns (Entry) {
        return Entry.wrap(uint256(status_) | (uint256(escrow_) << 8));
    }

    function status(Entry self) internal pure returns (IComputeMarket.Status) {
        return IComputeMarket.Status(uint8(Entry.unwrap(self)));
    }

    function escrow(Entry self) internal pure returns (uint96) {
        return uint96(Entry.unwrap(self) >> 8);
    }
}
