// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bn254} from "./Bn254.sol";

/// @title Proofs of Groth16 over BN254, many of one key at the price of little more than a pairing each.
/// @dev With a key (alpha, beta, gamma, delta, IC) and public inputs x a proof (A, B, C) holds iff
///   e(-A, B) e(alpha, beta) e(L, gamma) e(C, delta) = 1,   L = IC[0] + sum of x[j] IC[j + 1].
/// Of n proofs the product of these, each to a power s[i], is checked instead: s[0] = 1, and the others are 128 bits of a hash
/// of everything that is checked, so that who makes the proofs cannot choose them. If one does not hold, the product is one
/// for at most one of 2^128 values of its power.
///   product of e(-s[i] A[i], B[i]), times e(sum of s[i] alpha, beta) e(sum of s[i] L[i], gamma) e(sum of s[i] C[i], delta)
library Groth16 {
    uint256 internal constant PROOF_BYTES = 256;
    /// Of a key: flags (1), outputs (2), inputs (2).
    uint256 internal constant HEAD_BYTES = 5;
    /// And with alpha, beta, gamma and delta, behind which IC stands.
    uint256 internal constant FIXED_BYTES = 453;

    /// @dev Where things are while proofs are checked.
    struct Work {
        /// The key, in memory.
        bytes key;
        /// Public inputs of a proof but for the binding, and whether there is one.
        uint256 words;
        bool bound;
        uint256 count;
        /// Sums of s[i], and of s[i] x[i][j] for each j.
        uint256 scalars;
        uint256[] sums;
        /// The pairing's input: one pair for each proof and three.
        uint256 pairs;
    }

    /// @notice The first bytes of a key, of which there are five at least.
    function headOf(bytes memory key) internal pure returns (uint256 flags, uint256 outputs, uint256 inputs) {
        assembly ("memory-safe") {
            let head := shr(216, mload(add(key, 32)))
            flags := shr(32, head)
            outputs := and(shr(16, head), 0xffff)
            inputs := and(head, 0xffff)
        }
    }

    /// @notice Whether all hold.
    /// @dev Warning: the caller has checked lengths, and that public inputs and bindings are below the order.
    function holds(
        Work memory work,
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) internal view returns (bool ok) {
        uint256 count = work.count;
        uint256 pairs;
        assembly ("memory-safe") {
            pairs := mload(0x40)
            mstore(0x40, add(pairs, mul(add(count, 3), 192)))
        }
        work.pairs = pairs;
        work.sums = new uint256[](work.words + (work.bound ? 1 : 0));
        bytes32 seed = count == 1 ? bytes32(0) : _seedOf(keccak256(work.key), publicInputs, bindings, proofs);
        _addInputs(work, seed, publicInputs, bindings);
        ok = _addProofs(work, seed, proofs) && _addKey(work);
        assembly ("memory-safe") {
            ok := and(ok, staticcall(gas(), 0x08, pairs, mul(add(count, 3), 192), 0, 32))
            ok := and(ok, eq(mload(0), 1))
        }
    }

    /// [ZKP-6]. Each part is as long as the key and the count say, so no two make the same bytes.
    function _seedOf(
        bytes32 keyHash,
        bytes calldata publicInputs,
        uint256[] calldata bindings,
        bytes calldata proofs
    ) private pure returns (bytes32 seed) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, keyHash)
            let next := add(data, 32)
            calldatacopy(next, publicInputs.offset, publicInputs.length)
            next := add(next, publicInputs.length)
            calldatacopy(next, bindings.offset, shl(5, bindings.length))
            next := add(next, shl(5, bindings.length))
            calldatacopy(next, proofs.offset, proofs.length)
            seed := keccak256(data, sub(add(next, proofs.length), data))
        }
    }

    /// s[i].
    function _scalarOf(bytes32 seed, uint256 i) private pure returns (uint256 scalar) {
        assembly ("memory-safe") {
            scalar := 1
            if i {
                mstore(0, seed)
                mstore(32, i)
                scalar := shr(128, keccak256(0, 64))
            }
        }
    }

    function _addInputs(
        Work memory work,
        bytes32 seed,
        bytes calldata publicInputs,
        uint256[] calldata bindings
    ) private pure {
        uint256[] memory sums = work.sums;
        uint256 words = work.words;
        bool bound = work.bound;
        uint256 r = Bn254.R;
        uint256 scalars;
        for (uint256 i; i < work.count; ++i) {
            uint256 scalar = _scalarOf(seed, i);
            assembly ("memory-safe") {
                // Of 128 bits each: far below 2**256.
                scalars := add(scalars, scalar)
                let sum := add(sums, 32)
                let word := add(publicInputs.offset, shl(5, mul(i, words)))
                for {
                    let end := add(word, shl(5, words))
                } lt(word, end) {
                    word := add(word, 32)
                    sum := add(sum, 32)
                } {
                    mstore(sum, addmod(mload(sum), mulmod(scalar, calldataload(word), r), r))
                }
                if bound {
                    let binding := calldataload(add(bindings.offset, shl(5, i)))
                    mstore(sum, addmod(mload(sum), mulmod(scalar, binding, r), r))
                }
            }
        }
        work.scalars = scalars;
    }

    /// The proofs' pairs, and the sum of their Cs where the last pair begins.
    function _addProofs(
        Work memory work,
        bytes32 seed,
        bytes calldata proofs
    ) private view returns (bool ok) {
        uint256 count = work.count;
        uint256 pairs = work.pairs;
        uint256 p = Bn254.P;
        uint256 r = Bn254.R;
        ok = true;
        for (uint256 i; i < count; ++i) {
            uint256 scalar = _scalarOf(seed, i);
            assembly ("memory-safe") {
                let proof := add(proofs.offset, shl(8, i))
                let pair := add(pairs, mul(i, 192))
                // Behind the pairs: a sum of two points, or a point and a scalar.
                let free := mload(0x40)
                let total := add(pairs, mul(add(count, 2), 192))
                // Infinity is no part of a proof: as the off-chain verifier has it.
                let y := calldataload(add(proof, 32))
                ok := and(ok, iszero(iszero(or(calldataload(proof), y))))
                ok := and(
                    ok,
                    iszero(iszero(or(calldataload(add(proof, 192)), calldataload(add(proof, 224)))))
                )
                ok := and(
                    ok,
                    iszero(
                        iszero(
                            or(
                                or(calldataload(add(proof, 64)), calldataload(add(proof, 96))),
                                or(calldataload(add(proof, 128)), calldataload(add(proof, 160)))
                            )
                        )
                    )
                )
                calldatacopy(add(pair, 64), add(proof, 64), 128)
                switch i
                case 0 {
                    // Negated by hand: so y is looked at here.
                    ok := and(ok, lt(y, p))
                    mstore(pair, calldataload(proof))
                    mstore(add(pair, 32), sub(p, y))
                    calldatacopy(total, add(proof, 192), 64)
                }
                default {
                    calldatacopy(free, proof, 64)
                    mstore(add(free, 64), sub(r, scalar))
                    ok := and(ok, staticcall(gas(), 0x07, free, 96, pair, 64))
                    calldatacopy(free, add(proof, 192), 64)
                    mstore(add(free, 64), scalar)
                    ok := and(ok, staticcall(gas(), 0x07, free, 96, free, 64))
                    mcopy(add(free, 64), total, 64)
                    ok := and(ok, staticcall(gas(), 0x06, free, 128, total, 64))
                }
            }
            if (!ok) return false;
        }
    }

    /// The pairs with beta, gamma and delta.
    function _addKey(Work memory work) private view returns (bool ok) {
        uint256[] memory sums = work.sums;
        uint256 scalars = work.scalars;
        uint256 pairs = work.pairs + work.count * 192;
        bytes memory key = work.key;
        assembly ("memory-safe") {
            let from := add(key, 37)
            mcopy(pairs, from, 192)
            mcopy(add(pairs, 256), add(from, 192), 128)
            mcopy(add(pairs, 448), add(from, 320), 128)
            from := add(from, 448)
            // Points behind one another, each with room for its scalar: point, scalar; and behind them the sum.
            let free := mload(0x40)
            let sum := add(free, 64)
            ok := 1
            // One proof's: as they stand.
            if iszero(eq(scalars, 1)) {
                mcopy(free, pairs, 64)
                mstore(add(free, 64), scalars)
                ok := staticcall(gas(), 0x07, free, 96, pairs, 64)
            }
            let total := add(pairs, 192)
            mcopy(free, from, 64)
            mstore(sum, scalars)
            switch scalars
            case 1 {
                mcopy(total, free, 64)
            }
            default {
                ok := and(ok, staticcall(gas(), 0x07, free, 96, total, 64))
            }
            let next := add(sums, 32)
            for {
                let end := add(next, shl(5, mload(sums)))
            } lt(next, end) {
                next := add(next, 32)
            } {
                from := add(from, 64)
                mcopy(free, from, 64)
                mstore(add(free, 64), mload(next))
                ok := and(ok, staticcall(gas(), 0x07, free, 96, free, 64))
                mcopy(add(free, 64), total, 64)
                ok := and(ok, staticcall(gas(), 0x06, free, 128, total, 64))
            }
        }
    }
}
