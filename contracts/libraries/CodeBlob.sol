// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Bytes stored as a contract's code: written once, a tenth of storage's price to read.
/// @dev Warning: `data` must start with the STOP opcode (0x00), or whoever calls the blob would run it.
library CodeBlob {
    error BlobNotWritten(uint256 length);

    /// PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE (0), CODECOPY, RETURNDATASIZE, RETURN: returns what follows it.
    function write(bytes memory data) internal returns (address blob) {
        bytes memory creation = abi.encodePacked(hex"61", uint16(data.length), hex"80600a3d393df3", data);
        assembly ("memory-safe") {
            blob := create(0, add(creation, 32), mload(creation))
        }
        // Longer than EIP-170's 24,576 bytes of code, or out of gas.
        if (blob == address(0)) revert BlobNotWritten(data.length);
    }
}
