// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataFee} from "../../../contracts/interfaces/IDataFee.sol";

/// @title A rollup's fee as a test sets it, dear to ask for.
contract DataFees is IDataFee {
    uint256 public weiPerByte;
    uint256 public gasOfAsking;
    bool public isGone;

    function set(uint256 weiPerByte_, uint256 gasOfAsking_) external {
        weiPerByte = weiPerByte_;
        gasOfAsking = gasOfAsking_;
    }

    function retire() external {
        isGone = true;
    }

    function dataFee(uint256 length) external view returns (uint256) {
        require(!isGone, "what it asks is gone");
        uint256 end = gasleft() - gasOfAsking;
        while (gasleft() > end) {}
        unchecked {
            return length * weiPerByte;
        }
    }
}
