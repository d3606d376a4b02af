// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Stakes} from "./Stakes.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {SnapshotBlob} from "./libraries/SnapshotBlob.sol";
import {SnapshotWriter} from "./libraries/SnapshotWriter.sol";
import {NodeRegistryConfig} from "./types/NodeRegistryConfig.sol";

/// @title Nodes, their stake, and the snapshots committees are drawn from.
/// @dev The documentation stands in `INodeRegistry`. The owner adds slashers, and nothing else. Here is how snapshots come
/// about: of an epoch from the list, and of a capability set from that epoch's snapshot. A registered set never changes
/// and neither does code, so the second depends on nothing that can still move.
contract NodeRegistry is Stakes {
    using SnapshotWriter for SnapshotWriter.Rows;

    /// Of 704 nodes each, `SnapshotBlob.NODES_MAX` nodes.
    uint256 private constant PARTS_MAX = 6;

    /// @dev How far a seal has come. One slot; the parts written so far are read only if there are any.
    struct Progress {
        uint32 epoch;
        /// Places of the list, or nodes of the epoch's snapshot, already looked at.
        uint32 next;
        uint32 count;
        uint64 totalWeight;
    }

    /// @dev A capability set's snapshots; the empty set's are those of all nodes.
    struct Series {
        /// The newest sealed epoch plus one: zero before the first seal.
        uint32 sealedBelow;
        Progress progress;
        /// The parts that are full, then the rows a step left over.
        address[PARTS_MAX] parts;
        mapping(uint32 epoch => Snapshot) snapshots;
    }

    /// @dev A seal as a step works on it.
    struct Draft {
        Progress progress;
        SnapshotWriter.Rows rows;
        /// How many are full.
        uint256 full;
        address[PARTS_MAX] parts;
    }

    mapping(uint256 capabilities => Series) private _series;

    constructor(NodeRegistryConfig memory config) Stakes(config) {}

    /// @inheritdoc INodeRegistry
    function sealEpoch() external returns (uint32 epoch) {
        epoch = currentEpoch();
        _sealEpoch(epoch, type(uint32).max);
    }

    /// @inheritdoc INodeRegistry
    function sealEpoch(uint256 nodesMax) external returns (bool finished) {
        return _sealEpoch(currentEpoch(), nodesMax);
    }

    /// @inheritdoc INodeRegistry
    function sealCapabilities(bytes32 capabilities, uint256 nodesMax) external returns (bool finished) {
        uint256 set = uint256(capabilities);
        if (set == 0 || set >> CAPABILITIES != 0) revert UnknownCapabilities(capabilities);
        (uint32 epoch, Snapshot memory all) = _latest(0);
        Series storage series = _series[set];
        Draft memory draft;
        uint256 end;
        (draft, end) = _resume(series, epoch, all.count, nodesMax);
        for (uint256 i = draft.progress.next; i < end; ++i) {
            uint256 entry = SnapshotBlob.entryAt(all.blob, all.count, i);
            if (set & ~_capabilitiesOf(uint32(entry)) != 0) continue;
            uint256 weight = SnapshotBlob.cumulativeAt(all.blob, all.count, i);
            if (i != 0) weight -= SnapshotBlob.cumulativeAt(all.blob, all.count, i - 1);
            _add(draft, weight, entry);
        }
        draft.progress.next = uint32(end);
        if (end < all.count) {
            _pause(series, draft);
            return false;
        }
        (address blob, uint32 count, uint64 totalWeight) = _finish(series, draft);
        emit CapabilitiesSealed(capabilities, epoch, blob, count, totalWeight);
        return true;
    }

    /// @inheritdoc INodeRegistry
    function latestSnapshot() external view returns (uint32 epoch, Snapshot memory snapshot) {
        return _latest(0);
    }

    /// @inheritdoc INodeRegistry
    function latestSnapshot(
        bytes32 capabilities
    ) external view returns (uint32 epoch, Snapshot memory snapshot) {
        return _latest(uint256(capabilities));
    }

    /// @inheritdoc INodeRegistry
    function snapshotOf(uint32 epoch) external view returns (Snapshot memory) {
        return _series[0].snapshots[epoch];
    }

    /// @inheritdoc INodeRegistry
    function capabilitiesSnapshotOf(
        uint32 epoch,
        bytes32 capabilities
    ) external view returns (Snapshot memory) {
        return _series[uint256(capabilities)].snapshots[epoch];
    }

    /// @inheritdoc INodeRegistry
    function sealProgress(bytes32 capabilities) external view returns (uint32 epoch, uint32 next) {
        Progress storage progress = _series[uint256(capabilities)].progress;
        return (progress.epoch, progress.next);
    }

    /// The snapshot of an epoch's first second. Only for the current epoch: a checkpoint keeps one boundary.
    function _sealEpoch(uint32 epoch, uint256 nodesMax) private returns (bool finished) {
        Series storage series = _series[0];
        // Nodes that registered since the epoch began may make the list longer; they had no stake then.
        uint256 places = _places.length;
        (Draft memory draft, uint256 end) = _resume(series, epoch, places, nodesMax);
        Progress memory progress = draft.progress;
        for (uint256 i = progress.next; i < end; ++i) {
            Place memory place = _places[i];
            // A vacant place is never live.
            if (epoch < place.liveFrom || place.liveUntil <= epoch) continue;
            uint256 stake = _stakeAt(_nodes[place.attestor], epoch);
            if (stake < stakeMin) continue;
            _add(draft, stake / WEIGHT_UNIT, (uint256(uint160(place.attestor)) << 32) | place.number);
        }
        progress.next = uint32(end);
        if (end < places) {
            _pause(series, draft);
            return false;
        }
        // When nobody is left but those who leave, the snapshot is empty, so that they can withdraw.
        if (progress.count == 0 && !_isAwaited(epoch, series.sealedBelow)) revert NothingToSeal(epoch);
        (address blob, uint32 count, uint64 totalWeight) = _finish(series, draft);
        emit EpochSealed(epoch, blob, count, totalWeight);
        return true;
    }

    /// What earlier steps left of this epoch, or a new draft.
    /// @return draft to add rows to.
    /// @return end where this step ends.
    function _resume(
        Series storage series,
        uint32 epoch,
        uint256 length,
        uint256 nodesMax
    ) private view returns (Draft memory draft, uint256 end) {
        if (series.sealedBelow > epoch) revert EpochAlreadySealed(epoch);
        Progress memory progress = series.progress;
        uint256 next;
        if (progress.epoch == epoch) {
            draft.progress = progress;
            next = progress.next;
        } else {
            draft.progress.epoch = epoch;
        }
        uint256 count = draft.progress.count;
        end = nodesMax < length - next ? next + nodesMax : length;
        draft.full = count / SnapshotBlob.PART_NODES;
        uint256 over = count % SnapshotBlob.PART_NODES;
        draft.rows = SnapshotWriter.gather(over + end - next);
        for (uint256 i; i < draft.full; ++i) draft.parts[i] = series.parts[i];
        if (over != 0) draft.rows.resume(series.parts[draft.full]);
    }

    function _add(Draft memory draft, uint256 weight, uint256 entry) private {
        if (draft.rows.count == SnapshotBlob.PART_NODES) _writePart(draft);
        Progress memory progress = draft.progress;
        // Cannot overflow: at most 4,096 weights of at most 2**51 each.
        progress.totalWeight += uint64(weight);
        ++progress.count;
        draft.rows.add(progress.totalWeight, entry);
    }

    function _writePart(Draft memory draft) private {
        draft.parts[draft.full++] = draft.rows.writePart();
    }

    /// Keeps what a step has done for the next.
    function _pause(Series storage series, Draft memory draft) private {
        uint256 written = draft.full;
        if (draft.rows.count != 0) draft.parts[written++] = draft.rows.writePart();
        for (uint256 i; i < written; ++i) {
            if (series.parts[i] != draft.parts[i]) series.parts[i] = draft.parts[i];
        }
        series.progress = draft.progress;
    }

    function _finish(
        Series storage series,
        Draft memory draft
    ) private returns (address blob, uint32 count, uint64 totalWeight) {
        Progress memory progress = draft.progress;
        (count, totalWeight) = (progress.count, progress.totalWeight);
        if (count <= SnapshotBlob.PART_NODES) {
            if (draft.full != 0) {
                // A step ended with the last of 704 rows, and nobody came after it.
                draft.rows = SnapshotWriter.gather(count);
                draft.rows.resume(draft.parts[0]);
            }
            blob = draft.rows.writeHead(totalWeight);
        } else {
            if (draft.rows.count != 0) _writePart(draft);
            address[] memory parts = new address[](draft.full);
            for (uint256 i; i < draft.full; ++i) parts[i] = draft.parts[i];
            blob = SnapshotWriter.writeHead(parts, count, totalWeight);
        }
        series.snapshots[progress.epoch] = Snapshot(blob, uint64(block.timestamp), count);
        series.sealedBelow = progress.epoch + 1;
    }

    function _latest(uint256 set) private view returns (uint32 epoch, Snapshot memory snapshot) {
        Series storage series = _series[set];
        uint32 sealedBelow = series.sealedBelow;
        if (sealedBelow == 0) revert EpochNotSealed(0);
        epoch = sealedBelow - 1;
        snapshot = series.snapshots[epoch];
    }

    /// @inheritdoc Stakes
    function _sealedAt(uint32 epoch) internal view override returns (uint64) {
        return _series[0].snapshots[epoch].sealedAt;
    }
}
