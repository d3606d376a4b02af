// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bytes stored as a contract's code: written once, a tenth of storage's price to read.
/// @dev Warning: `data` must start with the STOP opcode (0x00), or whoever calls the blob would run it.
library CodeBlob {
    /// EIP-170.
    uint256 private constant BYTES_MAX = 24_576;

    /// @notice The blob could not be created: its code was refused, or gas ran out.
    error BlobNotWritten(uint256 length);

    function write(bytes memory data) internal returns (address blob) {
        uint256 length = data.length;
        if (length > BYTES_MAX) revert BlobNotWritten(length);
        assembly ("memory-safe") {
            // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE (0), CODECOPY, RETURNDATASIZE, RETURN: returns what follows it.
            // It stands in the word of the length, so that nothing is copied.
            mstore(data, or(or(shl(72, 0x61), shl(56, length)), 0x80600a3d393df3))
            blob := create(0, add(data, 22), add(length, 10))
            mstore(data, length)
        }
        // Out of gas.
        if (blob == address(0)) revert BlobNotWritten(length);
    }
}
