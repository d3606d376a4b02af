// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SnapshotBlob} from "../../../contracts/libraries/SnapshotBlob.sol";
import {SnapshotWriter} from "../../../contracts/libraries/SnapshotWriter.sol";

/// Writes a snapshot of nodes with these weights, at once: node i has the number i and an attestor that names it.
function writeSnapshot(uint256[] memory weights) returns (address head) {
    SnapshotWriter.Rows memory rows = SnapshotWriter.gather(weights.length);
    address[] memory parts = new address[](6);
    uint256 full;
    uint256 total;
    for (uint256 i; i < weights.length; ++i) {
        if (rows.count == SnapshotBlob.PART_NODES) parts[full++] = SnapshotWriter.writePart(rows);
        total += weights[i];
        SnapshotWriter.add(rows, total, (uint256(uint160(attestorOf(i))) << 32) | i);
    }
    if (full == 0) return SnapshotWriter.writeHead(rows, total);
    parts[full++] = SnapshotWriter.writePart(rows);
    assembly ("memory-safe") {
        mstore(parts, full)
    }
    return SnapshotWriter.writeHead(parts, weights.length, total);
}

function attestorOf(uint256 index) pure returns (address) {
    return address(uint160(uint256(keccak256(abi.encode("attestor", index)))));
}
