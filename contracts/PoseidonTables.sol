// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoseidonTables} from "./interfaces/IPoseidonTables.sol";
import {CodeBlob} from "./libraries/CodeBlob.sol";

/// @title The numbers Poseidon computes with.
/// @dev The documentation stands in `IPoseidonTables`. The hashes are those of the tables `src/crypto/poseidon-table.ts` makes, which
/// a test compares. What matches one is right whoever brings it, so nobody need be trusted with it.
contract PoseidonTables is IPoseidonTables {
    /// @inheritdoc IPoseidonTables
    mapping(uint256 width => address) public tableOf;

    /// @inheritdoc IPoseidonTables
    function write(uint256 width, bytes calldata table) external returns (address blob) {
        if (tableOf[width] != address(0)) revert PoseidonTableKnown(width);
        if (keccak256(table) != _hashOf(width)) revert WrongPoseidonTable(width);
        blob = CodeBlob.write(bytes.concat(hex"00", table));
        tableOf[width] = blob;
        emit PoseidonTableWritten(width, blob);
    }

    /// Zero for a width there is none of: nothing has that hash.
    function _hashOf(uint256 width) private pure returns (bytes32) {
        if (width == 5) return 0xd270b5123b17afd38400d36af49d625f0557e427c1919e43df4568f3a6e2d790;
        if (width == 6) return 0x5e0d62df592ae0ed4858621aa6f17aada7ca6f16fc0d323e479074ebc3f7027e;
        if (width == 7) return 0x1b2d0a86be3ed1171115452409349139ea6e997a67e58f71c2759d0048d525fb;
        if (width == 8) return 0x067fed0418895e130392f7c11b5f0b3dd123d9e7f092269f4dc0bbe4a6f544ff;
        if (width == 9) return 0x82e31058650700a1240bd24b30917689fdb75438cd544cd595872e1c565c4f8e;
        if (width == 10) return 0x4e6f19d9d5a3e97b562f57d36866f987956c183541fd6b0060366343fc2f89fe;
        if (width == 11) return 0xbd8fc70c3061cd7575dcda66bdff66bfb3fb28487139bc6c02d7b6607ffd2732;
        if (width == 12) return 0x0968757d3eb0cfa5732a609155034ce561efd928a4028461f5b61f7aa1c99faa;
        if (width == 13) return 0x1450e14e755a5def3ac23d0d6dc1dc5d1d2a71b1d043ae07698837d25458409c;
        if (width == 14) return 0x54097b4b94ba8a296e1801950841149c13e08e5763ce59def437b28b92b65301;
        if (width == 15) return 0x8580789c3e88e7b110cc69770b6a911a92d476734b7546ccff5b3fe46f35f930;
        if (width == 16) return 0x287c4766fe874d19fe122f47f56be0c4b1a2d4ad06d01f4d64b4a61e8053af76;
        return 0;
    }
}
