// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BeaconClock} from "../../contracts/libraries/BeaconClock.sol";
import {Schedule} from "../../contracts/libraries/Schedule.sol";
import {Sortition} from "../../contracts/libraries/Sortition.sol";
import {Attempt} from "../../contracts/types/Request.sol";

/// @title Laws of the draw and of the schedule, for every input.
contract SortitionTest {
    /// [SEL-2] [SEL-3] [SEL-4]: seats are distinct places of the snapshot, and a larger committee extends a smaller one.
    function testFuzz_committeesAreDistinctAndExtendOneAnother(
        bytes32 seed,
        uint64[] calldata raw,
        uint256 seats,
        bool whale
    ) external pure {
        if (raw.length == 0) return;
        uint256 count = raw.length > 64 ? 64 : raw.length;
        bytes memory weights;
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            sum += 1 + (raw[i] >> 10);
            if (whale && i == count / 2) sum += 1 << 62;
            weights = bytes.concat(weights, bytes8(uint64(sum)));
        }
        seats = 1 + (seats % count);
        uint256[] memory committee = Sortition.selectCommittee(seed, weights, seats);
        uint256[] memory smaller = Sortition.selectCommittee(seed, weights, (seats + 1) / 2);
        require(committee.length == seats, "length");
        uint256 taken;
        for (uint256 i; i < seats; ++i) {
            require(committee[i] < count, "range");
            require(taken & (1 << committee[i]) == 0, "twice");
            taken |= 1 << committee[i];
            if (i < smaller.length) require(smaller[i] == committee[i], "prefix");
        }
    }

    /// [SEL-2]: the first seat is the node whose interval holds the point, found here by looking at each.
    function testFuzz_theFirstSeatHoldsThePoint(bytes32 seed, uint64[] calldata raw) external pure {
        if (raw.length == 0) return;
        bytes memory weights;
        uint256 sum;
        for (uint256 i; i < raw.length; ++i) {
            sum += 1 + (raw[i] % 1000);
            weights = bytes.concat(weights, bytes8(uint64(sum)));
        }
        uint256 point = uint256(keccak256(abi.encode(seed, uint256(0)))) % sum;
        uint256 below;
        uint256 expected;
        for (; ; ++expected) {
            below += 1 + (raw[expected] % 1000);
            if (below > point) break;
        }
        require(Sortition.selectCommittee(seed, weights, 1)[0] == expected, "interval");
    }

    /// [TIME-1] [TIME-2] [BEA-5]: windows touch and never overlap, and no round is known before its window can open.
    function testFuzz_windowsAreDisjointAndTheirRoundsUnknown(
        uint32 now_,
        uint32 latestRound,
        uint32 genesis,
        uint16 period,
        uint24 windowSeconds
    ) external pure {
        if (period == 0 || windowSeconds == 0) return;
        (Attempt[] memory attempts, uint256 deadline) = Schedule.attempts(
            3,
            windowSeconds,
            now_,
            latestRound,
            genesis,
            period
        );
        for (uint256 i; i < 3; ++i) {
            uint256 emitted = BeaconClock.timeOfRound(attempts[i].round, genesis, period);
            require(attempts[i].closesAt == attempts[i].opensAt + windowSeconds, "length");
            if (i == 0) {
                require(emitted == attempts[0].opensAt, "opens");
                require(emitted > now_, "known");
                require(attempts[0].round >= uint256(latestRound) + 2, "posted");
            } else {
                require(attempts[i].opensAt == attempts[i - 1].closesAt, "gap");
                require(emitted > attempts[i].opensAt && emitted <= attempts[i].opensAt + period, "early");
            }
        }
        require(deadline == attempts[2].closesAt, "deadline");
    }
}
