// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bn254} from "./Bn254.sol";

/// @title Poseidon over BN254's scalar field, as circuits hash.
/// @dev x^5; four full rounds, partial ones, four full rounds; each adds constants, raises and multiplies by a matrix. `src/crypto/poseidon.ts` is
/// the same function, and both are held to `test/vectors/standing-committees.json`. Constants are read from a table that
/// `PoseidonTables` checked: of a partial round there is one, the others stand in later rounds (`src/crypto/poseidon-table.ts`).
library Poseidon {
    /// Rounds before the partial ones, and after.
    uint256 private constant HALF_ROUNDS = 4;
    /// Of a sponge: lanes that take input.
    uint256 internal constant RATE_MAX = 15;

    /// @notice The first lane of the permutation of `state`, whose length is the width and whose first element is the capacity.
    /// @dev Overwrites `state`. Warning: `table` is the width's.
    // solhint-disable-next-line function-max-lines
    function permute(address table, uint256[] memory state) internal view returns (uint256 first) {
        uint256 r = Bn254.R;
        uint256 halfRounds = HALF_ROUNDS;
        assembly ("memory-safe") {
            let rowBytes := shl(5, mload(state))
            let lanes := add(state, 32)
            let lanesEnd := add(lanes, rowBytes)
            // Of whole fours, which are added up at once.
            let foursEnd := add(lanes, and(rowBytes, not(127)))
            // Behind the memory that is in use: the table, then the lanes of the next round.
            let at := mload(0x40)
            let size := sub(extcodesize(table), 1)
            extcodecopy(table, at, 1, size)
            let next := add(at, size)
            let matrix := sub(next, mul(rowBytes, mload(state)))
            let half := mul(halfRounds, rowBytes)
            let partialFrom := add(at, half)
            let partialEnd := sub(matrix, half)
            for {} lt(at, matrix) {} {
                let raisedEnd := lanesEnd
                if iszero(or(lt(at, partialFrom), iszero(lt(at, partialEnd)))) {
                    raisedEnd := add(lanes, 32)
                }
                for {
                    let lane := lanes
                } lt(lane, raisedEnd) {
                    lane := add(lane, 32)
                } {
                    let x := addmod(mload(lane), mload(at), r)
                    let square := mulmod(x, x, r)
                    mstore(lane, mulmod(mulmod(square, square, r), x, r))
                    at := add(at, 32)
                }
                let m := matrix
                for {
                    let row := next
                    let end := add(next, rowBytes)
                } lt(row, end) {
                    row := add(row, 32)
                } {
                    let sum := 0
                    let lane := lanes
                    for {} lt(lane, foursEnd) {} {
                        // Four elements and a sum of less than r stay below 2^256: r is less than a fifth of it.
                        sum := addmod(
                            add(
                                add(
                                    mulmod(mload(m), mload(lane), r),
                                    mulmod(mload(add(m, 32)), mload(add(lane, 32)), r)
                                ),
                                add(
                                    mulmod(mload(add(m, 64)), mload(add(lane, 64)), r),
                                    mulmod(mload(add(m, 96)), mload(add(lane, 96)), r)
                                )
                            ),
                            sum,
                            r
                        )
                        m := add(m, 128)
                        lane := add(lane, 128)
                    }
                    for {} lt(lane, lanesEnd) {
                        lane := add(lane, 32)
                    } {
                        sum := addmod(sum, mulmod(mload(m), mload(lane), r), r)
                        m := add(m, 32)
                    }
                    mstore(row, sum)
                }
                mcopy(lanes, next, rowBytes)
            }
            first := mload(lanes)
        }
    }
}
