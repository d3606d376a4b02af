// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoseidonTables} from "../../../contracts/interfaces/IPoseidonTables.sol";
import {BabyJubJub} from "../../../contracts/libraries/BabyJubJub.sol";
import {CommitteeObservation} from "../../../contracts/libraries/CommitteeObservation.sol";
import {Poseidon} from "../../../contracts/libraries/Poseidon.sol";
import {FunctionId} from "../../../contracts/types/Ids.sol";

/// What standing committees are computed with, function by function.
contract CommitteeHarness {
    using BabyJubJub for BabyJubJub.Point;

    function permute(IPoseidonTables tables, uint256[] memory state) external view returns (uint256) {
        return Poseidon.permute(tables.tableOf(state.length), state);
    }

    function isPoint(uint256 u, uint256 v) external pure returns (bool) {
        return BabyJubJub.isPoint(u, v);
    }

    /// s B - c P: whether it is the neutral point, and u.
    function combine(uint256 s, uint256 c, uint256 u, uint256 v) external view returns (bool, uint256) {
        BabyJubJub.Point memory sum = BabyJubJub.combine(s, c, BabyJubJub.fromMontgomery(u, v));
        return (sum.isNeutral(), sum.montgomeryU());
    }

    /// p + q and 2 p, of points in Montgomery form.
    function sums(
        uint256[2] calldata p,
        uint256[2] calldata q
    ) external view returns (uint256 sum, uint256 twice, bool areSame) {
        BabyJubJub.Point memory left = BabyJubJub.fromMontgomery(p[0], p[1]);
        BabyJubJub.Point memory right = BabyJubJub.fromMontgomery(q[0], q[1]);
        BabyJubJub.Point memory doubled = BabyJubJub.fromMontgomery(p[0], p[1]);
        doubled.double();
        left.add(right);
        return (left.montgomeryU(), doubled.montgomeryU(), left.isSame(doubled));
    }

    function contextOf(
        address consumer,
        FunctionId functionId,
        uint64 askedAt
    ) external view returns (uint256) {
        return CommitteeObservation.contextOf(consumer, CommitteeObservation.subjectOf(functionId, askedAt));
    }

    function pack(uint128 result, uint8 count, uint256 bitmap) external pure returns (uint256) {
        return CommitteeObservation.pack(result, count, bitmap);
    }

    function unpack(uint256 packed) external pure returns (uint128, uint8, uint256) {
        return CommitteeObservation.unpack(packed);
    }
}
