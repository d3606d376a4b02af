// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One request of a batch, where it stands in calldata [FMT-10]: what sets it apart from the others, what its nodes
/// claim of it, its input and its output. Packed, for a sixth of a settlement's price would be zeros between the fields:
/// `requester (20) | nonce (8) | callbackTarget (20) | callbackGas (4) | maxFeePerGas (8) | exit (2) | fuelUsed (8) |
/// length of input (4) | length of output (4) | input | output`.
/// Warning: of an item that is within its list: `next` tells where it ends.
type BatchItem is uint256;

using BatchItemLibrary for BatchItem global;

/// @title Reads a batch's item where it stands.
library BatchItemLibrary {
    uint256 private constant HEAD_BYTES = 78;

    /// Where the next item begins, given that this one's head is within calldata.
    function next(BatchItem self) internal pure returns (BatchItem) {
        unchecked {
            // A position in calldata and two lengths of 32 bits do not overflow.
            return
                BatchItem.wrap(
                    BatchItem.unwrap(self) + HEAD_BYTES + self.inputLength() + self.outputLength()
                );
        }
    }

    function requester(BatchItem self) internal pure returns (address) {
        return address(uint160(_field(self, 0, 20)));
    }

    function nonce(BatchItem self) internal pure returns (uint256) {
        return _field(self, 20, 8);
    }

    function callbackTarget(BatchItem self) internal pure returns (address) {
        return address(uint160(_field(self, 28, 20)));
    }

    function callbackGas(BatchItem self) internal pure returns (uint256) {
        return _field(self, 48, 4);
    }

    function maxFeePerGas(BatchItem self) internal pure returns (uint256) {
        return _field(self, 52, 8);
    }

    function exit(BatchItem self) internal pure returns (uint256) {
        return _field(self, 60, 2);
    }

    function fuelUsed(BatchItem self) internal pure returns (uint256) {
        return _field(self, 62, 8);
    }

    function inputLength(BatchItem self) internal pure returns (uint256) {
        return _field(self, 70, 4);
    }

    function outputLength(BatchItem self) internal pure returns (uint256) {
        return _field(self, 74, 4);
    }

    function input(BatchItem self) internal pure returns (bytes calldata data) {
        uint256 length = self.inputLength();
        assembly ("memory-safe") {
            data.offset := add(self, HEAD_BYTES)
            data.length := length
        }
    }

    function output(BatchItem self) internal pure returns (bytes calldata data) {
        uint256 inputBytes = self.inputLength();
        uint256 length = self.outputLength();
        assembly ("memory-safe") {
            data.offset := add(add(self, HEAD_BYTES), inputBytes)
            data.length := length
        }
    }

    function _field(BatchItem self, uint256 offset, uint256 size) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), calldataload(add(self, offset)))
        }
    }
}
