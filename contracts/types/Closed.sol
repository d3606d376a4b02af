// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchItem} from "./BatchItem.sol";
import {Entry} from "./Entry.sol";
import {RequestId} from "./Ids.sol";

/// @notice A request of a batch that was open: where it stands in calldata, its id, and its entry as it was. Three words in
/// memory, one request's behind another's; no array of structs, which the compiler would make one by one and fill with zeros.
type Closed is uint256;

using ClosedLibrary for Closed global;

/// @title Keeps those of a batch that were open in a row of memory.
library ClosedLibrary {
    uint256 private constant BYTES = 96;

    /// @return list room for as many.
    function allocate(uint256 count) internal pure returns (Closed list) {
        assembly ("memory-safe") {
            list := mload(0x40)
            mstore(0x40, add(list, mul(count, BYTES)))
        }
    }

    /// Warning: no more often than there is room for.
    /// @return where the next is written.
    function push(
        Closed self,
        BatchItem item_,
        RequestId requestId_,
        Entry entry_
    ) internal pure returns (Closed) {
        assembly ("memory-safe") {
            mstore(self, item_)
            mstore(add(self, 32), requestId_)
            mstore(add(self, 64), entry_)
        }
        return self.next();
    }

    function next(Closed self) internal pure returns (Closed) {
        unchecked {
            return Closed.wrap(Closed.unwrap(self) + BYTES);
        }
    }

    function item(Closed self) internal pure returns (BatchItem value) {
        assembly ("memory-safe") {
            value := mload(self)
        }
    }

    function requestId(Closed self) internal pure returns (RequestId value) {
        assembly ("memory-safe") {
            value := mload(add(self, 32))
        }
    }

    function entry(Closed self) internal pure returns (Entry value) {
        assembly ("memory-safe") {
            value := mload(add(self, 64))
        }
    }
}
