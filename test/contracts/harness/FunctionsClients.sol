// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FunctionsClient} from "@chainlink/contracts/src/v0.8/functions/v1_0_0/FunctionsClient.sol";
import {FunctionsRequest} from "@chainlink/contracts/src/v0.8/functions/v1_0_0/libraries/FunctionsRequest.sol";
import {IFunctionsAdapter} from "../../../contracts/interfaces/IFunctionsAdapter.sol";

/// @title A consumer on the published client whose callback does what the test asks of it.
contract HostileFunctionsClient is FunctionsClient {
    enum Mode {
        Accept,
        Revert,
        ReturnMegabytes,
        RevertWithMegabytes,
        BurnGas,
        Reenter,
        AskAgain
    }

    Mode public mode;
    /// What `Reenter` calls, and with what; what `AskAgain` asks.
    address public target;
    bytes public payload;
    bool public reentered;
    bytes public reenterError;

    uint256 public answers;
    bytes32 public lastRequest;
    bytes public lastResponse;
    bytes public lastError;

    constructor(address router) FunctionsClient(router) {}

    function set(Mode mode_, address target_, bytes calldata payload_) external {
        mode = mode_;
        target = target_;
        payload = payload_;
    }

    function ask(
        bytes memory data,
        uint64 subscriptionId,
        uint32 callbackGasLimit,
        bytes32 donId
    ) public returns (bytes32) {
        return _sendRequest(data, subscriptionId, callbackGasLimit, donId);
    }

    /// Owns a subscription, like any account.
    function call(address to, bytes calldata data) external payable {
        (bool ok, bytes memory result) = to.call{value: msg.value}(data);
        if (!ok) {
            assembly {
                revert(add(result, 32), mload(result))
            }
        }
    }

    function fulfillRequest(bytes32 requestId, bytes memory response, bytes memory err) internal override {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            while (true) ++answers;
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
            (reentered, reenterError) = target.call(payload);
        }
        if (mode == Mode.AskAgain) {
            (uint64 subscriptionId, uint32 callbackGasLimit, bytes32 donId) = abi.decode(
                payload,
                (uint64, uint32, bytes32)
            );
            ask("again", subscriptionId, callbackGasLimit, donId);
        }
        ++answers;
        lastRequest = requestId;
        lastResponse = response;
        lastError = err;
    }

    receive() external payable {}
}

/// @title A consumer that only looks at how much gas it was called with.
contract GasProbe {
    uint256 public gasSeen;

    function ask(
        IFunctionsAdapter adapter,
        uint64 subscriptionId,
        uint32 callbackGasLimit,
        bytes32 donId
    ) external {
        adapter.sendRequest(subscriptionId, "x", 1, callbackGasLimit, donId);
    }

    fallback() external {
        gasSeen = gasleft();
    }
}

/// @title Request data as the published library writes it.
contract FunctionsRequestEncoder {
    using FunctionsRequest for FunctionsRequest.Request;

    function encode(
        string calldata source,
        string[] calldata args,
        bytes[] calldata bytesArgs,
        bytes calldata secrets
    ) external pure returns (bytes memory) {
        FunctionsRequest.Request memory request;
        request.initializeRequestForInlineJavaScript(source);
        if (args.length != 0) request.setArgs(args);
        if (bytesArgs.length != 0) request.setBytesArgs(bytesArgs);
        if (secrets.length != 0) request.addSecretsReference(secrets);
        return request.encodeCBOR();
    }
}
