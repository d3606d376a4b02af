// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Groth16} from "../libraries/Groth16.sol";

/// @title Proofs of Groth16 over BN254 under one verification key, which stands behind this code.
/// @dev `Groth16Verifier` makes these, after it has checked the key: code, key, length of the key (2). Without storage, so that a
/// proof costs one account that is read for the first time. Warning: made in any other way it has no key.
contract Groth16KeyVerifier is IProofVerifier {
    uint256 private constant WORD_BYTES = 32;
    /// Of the key's length, behind it.
    uint256 private constant LENGTH_BYTES = 2;
    uint256 private constant FLAG_CEREMONY = 1;
    uint256 private constant FLAG_BOUND = 2;

    /// @inheritdoc IProofVerifier
    function verify(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view {
        Groth16.Work memory work = _prepare(publicInputs.length, bindings.length, proofs.length);
        _checkWords(publicInputs);
        if (work.bound) {
            for (uint256 i; i < bindings.length; ++i) {
                if (bindings[i] >= Bn254.R) revert PublicInputTooLarge(i, bindings[i]);
            }
        }
        if (!Groth16.holds(work, publicInputs, bindings, proofs)) revert InvalidProof();
    }

    /// @inheritdoc IProofVerifier
    function verifyEach(
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) external view returns (bool[] memory holds) {
        uint256 count = bindings.length;
        uint256 size = _prepare(publicInputs.length, count, proofs.length).words * WORD_BYTES;
        holds = new bool[](count);
        for (uint256 i; i < count; ++i) {
            // What is no point costs all the gas its check has: no more than a share of what there is.
            (holds[i], ) = address(this).staticcall{gas: gasleft() / (count - i + 1)}(
                abi.encodeCall(
                    IProofVerifier.verify,
                    (
                        publicInputs[i * size:(i + 1) * size],
                        bindings[i:i + 1],
                        proofs[i * Groth16.PROOF_BYTES:(i + 1) * Groth16.PROOF_BYTES]
                    )
                )
            );
        }
    }

    /// @inheritdoc IProofVerifier
    function checkInput(bytes calldata input) external pure {
        (, , uint256 inputs) = Groth16.headOf(_key(Groth16.HEAD_BYTES));
        if (input.length != inputs * WORD_BYTES) {
            revert PublicInputsMismatch(input.length, inputs * WORD_BYTES);
        }
        _checkWords(input);
    }

    /// @inheritdoc IProofVerifier
    function shape() external pure returns (uint256 outputs, uint256 inputs, bool bound, bool ceremony) {
        uint256 flags;
        (flags, outputs, inputs) = Groth16.headOf(_key(Groth16.HEAD_BYTES));
        bound = flags & FLAG_BOUND != 0;
        ceremony = flags & FLAG_CEREMONY != 0;
    }

    /// The key, or no more than the first `bytesMax` of it.
    function _key(uint256 bytesMax) private pure returns (bytes memory key) {
        uint256 lengthBytes = LENGTH_BYTES;
        assembly ("memory-safe") {
            mstore(0, 0)
            let end := sub(codesize(), lengthBytes)
            codecopy(sub(32, lengthBytes), end, lengthBytes)
            let length := mload(0)
            let offset := sub(end, length)
            if gt(length, bytesMax) {
                length := bytesMax
            }
            key := mload(0x40)
            mstore(key, length)
            codecopy(add(key, 32), offset, length)
            // Whole words, as the compiler keeps them.
            mstore(0x40, add(key, and(add(length, 63), not(31))))
        }
    }

    /// Lengths: as many proofs as bindings, one at least, and as many public inputs as they have.
    function _prepare(
        uint256 inputBytes,
        uint256 count,
        uint256 proofBytes
    ) private pure returns (Groth16.Work memory work) {
        work.key = _key(type(uint256).max);
        (uint256 flags, uint256 outputs, uint256 inputs) = Groth16.headOf(work.key);
        if (count == 0 || proofBytes != count * Groth16.PROOF_BYTES) revert MalformedProof(proofBytes);
        uint256 expected = count * (outputs + inputs) * WORD_BYTES;
        if (inputBytes != expected) revert PublicInputsMismatch(inputBytes, expected);
        work.words = outputs + inputs;
        work.bound = flags & FLAG_BOUND != 0;
        work.count = count;
    }

    /// Each below the order of the field.
    function _checkWords(bytes calldata words) private pure {
        uint256 end;
        uint256 word;
        uint256 r = Bn254.R;
        assembly ("memory-safe") {
            word := words.offset
            end := add(word, words.length)
            for {} lt(word, end) {
                word := add(word, 32)
            } {
                if iszero(lt(calldataload(word), r)) {
                    break
                }
            }
        }
        if (word == end) return;
        uint256 value;
        assembly ("memory-safe") {
            value := calldataload(word)
            word := shr(5, sub(word, words.offset))
        }
        revert PublicInputTooLarge(word, value);
    }
}
