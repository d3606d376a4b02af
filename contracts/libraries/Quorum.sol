// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Consensus} from "../types/Consensus.sol";

/// @title How many seats must sign.
library Quorum {
    /// @dev [QC-1]. Any two quorums of n share an honest seat while at most f = floor((n - 1) / 3) are faulty.
    function ofCommittee(Consensus consensus, uint256 seats) internal pure returns (uint256) {
        if (seats == 0 || consensus == Consensus.Zk) return 0;
        if (consensus == Consensus.Raft) return seats / 2 + 1;
        return (seats + (seats - 1) / 3) / 2 + 1;
    }
}
