// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IDikastCallback} from "../interfaces/IDikastCallback.sol";
import {IResultStore} from "../interfaces/IResultStore.sol";
import {CodeBlob} from "../libraries/CodeBlob.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {Request} from "../types/Request.sol";

/// @title Results kept until they are collected.
/// @dev The documentation stands in `IResultStore`. Nobody owns this contract, and it takes no ether.
///
/// An output of up to two words stands in storage, a longer one as a code blob: a word of storage costs 22,100, a blob 32,000 and
/// 6,400 a word. Who paid for a request is not kept: its id is the digest of it, so whoever collects shows the request.
contract ResultStore is IResultStore, IDikastCallback {
    /// @dev One slot. Rounds and times below 2**40 last for 34,000 years of seconds.
    struct Head {
        uint16 exit;
        uint40 round;
        /// Zero when there is no result.
        uint40 fulfilledAt;
        /// The blob; or, below 65, the length of an output in storage: no contract is ever created there.
        address place;
    }

    /// The market sells 2,000,000 gas for a callback, which keeps little more.
    uint256 private constant OUTPUT_BYTES_MAX = 8_192;
    /// Measured: 69,500 gas in storage, 70,300 as a blob; storage is freed again.
    uint256 private constant STORED_BYTES_MAX = 64;
    /// Each of the next is what was measured and about 2,000 more in all (test/contracts/result-store.test.ts holds them tight).
    uint256 private constant GAS_STORED = 27_000;
    uint256 private constant GAS_PER_WORD = 22_400;
    uint256 private constant GAS_BLOB = 60_000;
    uint256 private constant GAS_PER_BLOB_BYTE = 203;

    /// @notice The only market it keeps results of.
    IComputeMarket public immutable MARKET;

    mapping(RequestId requestId => Head) private _heads;
    mapping(RequestId requestId => bytes32[2]) private _words;

    constructor(IComputeMarket market) {
        MARKET = market;
    }

    /// @inheritdoc IDikastCallback
    function fulfillCompute(
        RequestId requestId,
        FunctionId,
        uint64 round,
        uint64 fulfilledAt,
        uint16 exit,
        bytes calldata output
    ) external {
        if (msg.sender != address(MARKET)) revert NotMarket(msg.sender);
        uint256 length = output.length;
        if (length > OUTPUT_BYTES_MAX) revert OutputTooLarge(length, OUTPUT_BYTES_MAX);
        address place = address(uint160(length));
        if (length > STORED_BYTES_MAX) place = CodeBlob.write(bytes.concat(hex"00", output));
        else {
            // Slices shorter than a word are padded with zeros on the right.
            if (length != 0) _words[requestId][0] = bytes32(output[:length < 32 ? length : 32]);
            if (length > 32) _words[requestId][1] = bytes32(output[32:]);
        }
        _heads[requestId] = Head(exit, uint40(round), uint40(fulfilledAt), place);
        emit ResultKept(requestId, exit, length);
    }

    /// @inheritdoc IResultStore
    function serve(address requester) external {
        MARKET.allowCallbacks(requester, true);
    }

    /// @inheritdoc IResultStore
    function collect(Request calldata request_) external returns (Result memory result) {
        if (msg.sender != request_.requester) revert NotRequester(request_.requester, msg.sender);
        RequestId requestId = MARKET.requestIdOf(request_);
        result = resultOf(requestId);
        delete _heads[requestId];
        uint256 length = result.output.length;
        if (length <= STORED_BYTES_MAX) {
            if (length != 0) delete _words[requestId][0];
            if (length > 32) delete _words[requestId][1];
        }
        emit ResultCollected(requestId, msg.sender);
    }

    /// @inheritdoc IResultStore
    function hasResult(RequestId requestId) external view returns (bool) {
        return _heads[requestId].fulfilledAt != 0;
    }

    /// @inheritdoc IResultStore
    function resultOf(RequestId requestId) public view returns (Result memory) {
        Head memory head = _heads[requestId];
        if (head.fulfilledAt == 0) revert NoResult(requestId);
        return Result(head.exit, head.round, head.fulfilledAt, _outputAt(requestId, head.place));
    }

    /// @inheritdoc IResultStore
    function callbackGasFor(uint256 outputBytes) external pure returns (uint32) {
        if (outputBytes > OUTPUT_BYTES_MAX) revert OutputTooLarge(outputBytes, OUTPUT_BYTES_MAX);
        if (outputBytes > STORED_BYTES_MAX) return uint32(GAS_BLOB + GAS_PER_BLOB_BYTE * outputBytes);
        return uint32(GAS_STORED + GAS_PER_WORD * ((outputBytes + 31) / 32));
    }

    function _outputAt(RequestId requestId, address place) private view returns (bytes memory output) {
        uint256 length = uint256(uint160(place));
        if (length <= STORED_BYTES_MAX) {
            output = new bytes(length);
            bytes32[2] storage words = _words[requestId];
            bytes32 first = length == 0 ? bytes32(0) : words[0];
            bytes32 second = length > 32 ? words[1] : bytes32(0);
            assembly ("memory-safe") {
                // The words kept are zero beyond the length, and a bytes array's memory is whole words.
                if length {
                    mstore(add(output, 32), first)
                }
                if gt(length, 32) {
                    mstore(add(output, 64), second)
                }
            }
            return output;
        }
        // The first byte is the blob's STOP.
        length = place.code.length - 1;
        output = new bytes(length);
        assembly ("memory-safe") {
            extcodecopy(place, add(output, 32), 1, length)
        }
    }
}
