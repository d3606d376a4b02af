// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DikastConsumer} from "../../../contracts/DikastConsumer.sol";
import {IComputeMarket} from "../../../contracts/interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../../../contracts/interfaces/IMarketTypes.sol";
import {RequestId} from "../../../contracts/types/Ids.sol";

/// @title A consumer whose callback does what the test asks of it.
contract HostileConsumer is DikastConsumer {
    enum Mode {
        Accept,
        Revert,
        ReturnMegabytes,
        RevertWithMegabytes,
        BurnGas,
        Reenter,
        RequestAgain,
        Measure
    }

    Mode public mode;
    /// What `Reenter` calls the market with.
    bytes public payload;
    bool public reentered;
    bytes public reenterError;

    uint16 public lastExit;
    bytes public lastOutput;
    RequestId public lastRequest;
    /// What `Measure` had left when it began.
    uint256 public gasSeen;

    constructor(IComputeMarket market) DikastConsumer(market) {}

    function set(Mode mode_, bytes calldata payload_) external {
        mode = mode_;
        payload = payload_;
    }

    function ask(IMarketTypes.RequestParams calldata params) external payable returns (RequestId) {
        return _request(params, msg.value);
    }

    function claimTo(address payable to) external returns (uint256) {
        return _claimRefund(to);
    }

    function _onFulfilled(RequestId requestId, uint16 exit, bytes calldata output) internal override {
        uint256 gasLeft = gasleft();
        if (mode == Mode.Measure) {
            gasSeen = gasLeft;
            return;
        }
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            while (true) lastExit++;
        }
        if (mode == Mode.ReturnMegabytes) {
            assembly {
                return(0, 300000)
            }
        }
        if (mode == Mode.RevertWithMegabytes) {
            assembly {
                revert(0, 300000)
            }
        }
        if (mode == Mode.Reenter) {
            (bool ok, bytes memory result) = address(MARKET).call(payload);
            reentered = ok;
            reenterError = result;
        }
        if (mode == Mode.RequestAgain) {
            IMarketTypes.RequestParams memory params = abi.decode(payload, (IMarketTypes.RequestParams));
            _request(params, address(this).balance);
        }
        lastRequest = requestId;
        lastExit = exit;
        lastOutput = output;
    }
}

/// @title An account that refuses to be paid.
contract RefusesEther {
    receive() external payable {
        revert("no");
    }
}

/// @title A verifier that says what it is told to: shows what the market trusts a verifier with.
contract PassingVerifier {
    uint256 public bitmap;

    constructor(uint256 bitmap_) {
        bitmap = bitmap_;
    }

    function verify(
        address,
        uint32,
        uint256[] calldata,
        uint256,
        bytes32,
        bytes calldata
    ) external view returns (uint256) {
        return bitmap;
    }
}
