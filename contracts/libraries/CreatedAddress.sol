// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Where a contract's n-th creation is: the last 20 bytes of keccak(rlp([creator, nonce])).
/// @dev A nonce of 32 bits is kept in an eighth of a slot, an address in a slot of its own.
library CreatedAddress {
    /// @param nonce 1 for a contract's first creation (EIP-161).
    function created(address creator, uint256 nonce) internal pure returns (address account) {
        bytes memory list;
        if (nonce < 0x80) list = abi.encodePacked(hex"d694", creator, uint8(nonce));
        else if (nonce < 0x100) list = abi.encodePacked(hex"d794", creator, hex"81", uint8(nonce));
        else if (nonce < 0x1_0000) list = abi.encodePacked(hex"d894", creator, hex"82", uint16(nonce));
        else if (nonce < 0x100_0000) list = abi.encodePacked(hex"d994", creator, hex"83", uint24(nonce));
        else list = abi.encodePacked(hex"da94", creator, hex"84", uint32(nonce));
        return address(uint160(uint256(keccak256(list))));
    }
}
