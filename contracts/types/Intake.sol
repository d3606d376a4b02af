// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a request reads and writes besides its own entry, in one slot, from the lowest bit:
/// snapshot (160), its epoch (32), its count of nodes (16), paused (8), requests so far (40).
/// The snapshot is the node registry's newest as of the last request; while its epoch lasts there can be no newer one.
/// @dev A packed word and not a struct: a struct is stored field by field.
type Intake is uint256;

using IntakeLibrary for Intake global;

/// @title Packs and reads an intake.
library IntakeLibrary {
    uint256 private constant PAUSED = 1 << 208;
    uint256 private constant SNAPSHOT_MASK = (1 << 208) - 1;
    uint256 private constant ONE_REQUEST = 1 << 216;

    function snapshot(Intake self) internal pure returns (address) {
        return address(uint160(Intake.unwrap(self)));
    }

    function epoch(Intake self) internal pure returns (uint32) {
        return uint32(Intake.unwrap(self) >> 160);
    }

    function nodes(Intake self) internal pure returns (uint16) {
        return uint16(Intake.unwrap(self) >> 192);
    }

    function paused(Intake self) internal pure returns (bool) {
        return Intake.unwrap(self) & PAUSED != 0;
    }

    function requests(Intake self) internal pure returns (uint40) {
        return uint40(Intake.unwrap(self) >> 216);
    }

    /// Reverts after 2**40 requests.
    function withRequest(Intake self) internal pure returns (Intake) {
        return Intake.wrap(Intake.unwrap(self) + ONE_REQUEST);
    }

    function withSnapshot(
        Intake self,
        address snapshot_,
        uint32 epoch_,
        uint16 nodes_
    ) internal pure returns (Intake) {
        uint256 word = uint256(uint160(snapshot_)) | (uint256(epoch_) << 160) | (uint256(nodes_) << 192);
        return Intake.wrap((Intake.unwrap(self) & ~SNAPSHOT_MASK) | word);
    }

    function withPaused(Intake self, bool paused_) internal pure returns (Intake) {
        uint256 word = Intake.unwrap(self) & ~PAUSED;
        return Intake.wrap(paused_ ? word | PAUSED : word);
    }
}
