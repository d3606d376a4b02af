// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";

/// @notice The calldata of `IProofVerifier.verify` in memory, to be filled in proof by proof, behind the count of proofs and the
/// bytes of a proof's public inputs.
type ProofCall is uint256;

using ProofCallLibrary for ProofCall global;

/// @title `IProofVerifier.verify` of one proof or many, called without the ABI coder.
/// @dev In memory: count, bytes of public inputs each (a multiple of 32), the selector in a word's last bytes, three offsets, and
/// the three lists, each behind its length.
library ProofCallLibrary {
    /// Selector and offsets.
    uint256 private constant HEAD_BYTES = 100;

    function allocate(uint256 count, uint256 size) internal pure returns (ProofCall self) {
        uint256 selector = uint32(IProofVerifier.verify.selector);
        assembly ("memory-safe") {
            self := mload(0x40)
            mstore(self, count)
            mstore(add(self, 32), size)
            mstore(add(self, 64), selector)
            let inputs := mul(count, size)
            let bindings := shl(5, count)
            let list := add(self, 96)
            mstore(list, 96)
            mstore(add(list, 32), add(128, inputs))
            mstore(add(list, 64), add(add(160, inputs), bindings))
            list := add(list, 96)
            mstore(list, inputs)
            list := add(add(list, 32), inputs)
            mstore(list, count)
            list := add(add(list, 32), bindings)
            mstore(list, shl(8, count))
            mstore(0x40, add(add(list, 32), shl(8, count)))
        }
    }

    /// Warning: below the count, with an output and an input that together have the size allocated.
    /// @param proof where it stands in calldata, 256 bytes.
    function put(
        ProofCall self,
        uint256 place,
        bytes calldata output,
        bytes calldata input,
        uint256 binding,
        uint256 proof
    ) internal pure {
        assembly ("memory-safe") {
            let count := mload(self)
            let size := mload(add(self, 32))
            let at := add(add(self, 224), mul(place, size))
            calldatacopy(at, output.offset, output.length)
            calldatacopy(add(at, output.length), input.offset, input.length)
            let list := add(add(self, 256), mul(count, size))
            mstore(add(list, shl(5, place)), binding)
            calldatacopy(add(add(add(list, shl(5, count)), 32), shl(8, place)), proof, 256)
        }
    }

    /// @return list all proofs, where they stand.
    function proofs(ProofCall self) internal pure returns (bytes memory list) {
        assembly ("memory-safe") {
            let count := mload(self)
            list := add(add(add(self, 256), mul(count, mload(add(self, 32)))), shl(5, count))
        }
    }

    /// @notice Reverts with what the verifier reverts with.
    /// @dev Warning: an account without code answers as one that found all well does.
    function verify(ProofCall self, address verifier) internal view {
        uint256 headBytes = HEAD_BYTES;
        assembly ("memory-safe") {
            let count := mload(self)
            let size := add(headBytes, add(mul(count, add(mload(add(self, 32)), 288)), 96))
            if iszero(staticcall(gas(), verifier, add(self, 92), size, 0, 0)) {
                let data := mload(0x40)
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
        }
    }
}
