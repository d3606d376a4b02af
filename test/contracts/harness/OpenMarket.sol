// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestId} from "../../../contracts/types/Ids.sol";
import {Certified} from "../../../contracts/types/Certified.sol";
import {Request} from "../../../contracts/types/Request.sol";

/// @title What a court asks of a market, answered without one: every request is certified, by the committee a test names.
contract OpenMarket {
    uint256[] private _committee;
    uint256 private _gasBase;

    function set(uint256[] calldata committee) external {
        _committee = committee;
    }

    function setGasBase(uint256 gasBase) external {
        _gasBase = gasBase;
    }

    function checkCertified(Request calldata request_, Certified calldata) external pure returns (RequestId) {
        return requestIdOf(request_);
    }

    function requestIdOf(Request calldata request_) public pure returns (RequestId) {
        return RequestId.wrap(keccak256(abi.encode(request_)));
    }

    function committeeOf(Request calldata, uint8) external view returns (uint256[] memory) {
        return _committee;
    }

    /// All zero unless it is set: then a challenge of a request that pays nothing has no bond.
    function gasConstants() external view returns (uint256, uint256, uint256, uint256) {
        return (_gasBase, 0, 0, 0);
    }
}
