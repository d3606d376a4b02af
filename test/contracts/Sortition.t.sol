// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BeaconClock} from "../../contracts/libraries/BeaconClock.sol";
import {Schedule} from "../../contracts/libraries/Schedule.sol";
import {Sortition} from "../../contracts/libraries/Sortition.sol";
import {SnapshotBlob} from "../../contracts/libraries/SnapshotBlob.sol";
import {Attempt} from "../../contracts/types/Request.sol";
import {attestorOf, writeSnapshot} from "./support/Snapshots.sol";

/// @title Laws of the draw and of the schedule, for every input.
contract SortitionTest {
    /// [SEL-2] [SEL-3] [SEL-4]: seats are distinct places of the snapshot, and a larger committee extends a smaller one.
    function testFuzz_committeesAreDistinctAndExtendOneAnother(
        bytes32 seed,
        uint64[] calldata raw,
        uint256 seats,
        bool whale
    ) external {
        if (raw.length == 0) return;
        uint256 count = raw.length > 64 ? 64 : raw.length;
        uint256[] memory list = new uint256[](count);
        for (uint256 i; i < count; ++i) list[i] = 1 + (raw[i] >> 13);
        if (whale) list[count / 2] += 1 << 62;
        address head = writeSnapshot(list);
        seats = 1 + (seats % count);
        uint256[] memory committee = _draw(seed, head, seats);
        uint256[] memory smaller = _draw(seed, head, (seats + 1) / 2);
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
    function testFuzz_theFirstSeatHoldsThePoint(bytes32 seed, uint64[] calldata raw) external {
        if (raw.length == 0) return;
        uint256[] memory list = new uint256[](raw.length);
        uint256 sum;
        for (uint256 i; i < raw.length; ++i) {
            list[i] = 1 + (raw[i] % 1000);
            sum += list[i];
        }
        uint256 point = uint256(keccak256(abi.encode(seed, uint256(0)))) % sum;
        require(_draw(seed, writeSnapshot(list), 1)[0] == _holderOf(point, list), "interval");
    }

    /// [SEL-2] [SEL-5]: of a snapshot in parts as of one in its head: whatever block and part the point falls into.
    function testFuzz_aSnapshotInPartsIsDrawnFromAlike(bytes32 seed, uint256 size) external {
        // Around the sizes at which a block or a part ends.
        uint16[7] memory sizes = [704, 705, 767, 768, 769, 1408, 1409];
        uint256[] memory list = new uint256[](sizes[size % 7]);
        uint256 sum;
        for (uint256 i; i < list.length; ++i) {
            list[i] = 1 + (uint256(keccak256(abi.encode(seed, "weight", i))) % 1000);
            sum += list[i];
        }
        address head = writeSnapshot(list);
        uint256[] memory committee = _draw(seed, head, 9);
        uint256 seat;
        for (uint256 draw; seat < 9; ++draw) {
            uint256 point = uint256(keccak256(abi.encode(seed, draw))) % sum;
            uint256 holder = _holderOf(point, list);
            bool again;
            for (uint256 i; i < seat; ++i) again = again || committee[i] == holder;
            if (again) continue;
            require(committee[seat] == holder, "seat");
            require(SnapshotBlob.attestorAt(head, list.length, holder) == attestorOf(holder), "attestor");
            require(SnapshotBlob.numberAt(head, list.length, holder) == holder, "number");
            ++seat;
        }
    }

    /// Sybil: a stake split over several nodes takes the first seat exactly when the whole would have.
    function testFuzz_splittingAStakeChangesNoFirstDraw(
        bytes32 seed,
        uint64[8] calldata raw,
        uint256 which,
        uint256 parts
    ) external {
        which %= 8;
        uint256[] memory whole = new uint256[](8);
        for (uint256 i; i < 8; ++i) whole[i] = 64 + (raw[i] >> 4);
        parts = 2 + (parts % 63);
        uint256[] memory split = new uint256[](7 + parts);
        for (uint256 i; i < split.length; ++i) {
            if (i < which) split[i] = whole[i];
            else if (i >= which + parts) split[i] = whole[i + 1 - parts];
            else split[i] = i == which ? whole[which] - (parts - 1) : 1;
        }
        uint256 first = _draw(seed, writeSnapshot(whole), 1)[0];
        uint256 firstSplit = _draw(seed, writeSnapshot(split), 1)[0];
        bool sybil = firstSplit >= which && firstSplit < which + parts;
        require(sybil == (first == which), "chance");
    }

    function _draw(bytes32 seed, address head, uint256 seats) private view returns (uint256[] memory) {
        return Sortition.selectCommittee(seed, SnapshotBlob.readWeights(head), seats);
    }

    function _holderOf(uint256 point, uint256[] memory list) private pure returns (uint256 holder) {
        uint256 below = list[0];
        while (below <= point) below += list[++holder];
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
