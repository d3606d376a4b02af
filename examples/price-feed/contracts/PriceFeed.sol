// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {DikastConsumer} from "../../../contracts/DikastConsumer.sol";
import {IComputeMarket} from "../../../contracts/interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../../../contracts/interfaces/IMarketTypes.sol";
import {FunctionId, RequestId} from "../../../contracts/types/Ids.sol";

/// @title A price, updated by the median function in `examples/price-feed/assembly`.
/// @notice Dikast vouches for the arithmetic, the owner for the prices that go into it.
contract PriceFeed is DikastConsumer {
    /// Measured: 42,000 for the first price, 25,000 for a later one.
    uint32 private constant CALLBACK_GAS = 100_000;

    address public immutable OWNER;
    FunctionId public immutable FUNCTION_ID;

    /// In units of 1e-8.
    uint256 public price;
    /// Seconds since 1970; zero before the first price.
    uint64 public updatedAt;
    /// Updates asked for, and which of them gave `price`.
    uint64 public asked;
    uint64 public answered;

    mapping(RequestId => uint64) private _updates;

    event PriceRequested(RequestId indexed requestId, uint64 update);
    event PriceUpdated(RequestId indexed requestId, uint256 price);
    /// The function refused its input or trapped; the price stays.
    event PriceFailed(RequestId indexed requestId, uint16 exit);
    /// A later update was answered first; the price stays.
    event PriceOutdated(RequestId indexed requestId);

    error NotOwner(address caller);

    modifier onlyOwner() {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        _;
    }

    constructor(IComputeMarket market, FunctionId functionId) DikastConsumer(market) {
        OWNER = msg.sender;
        FUNCTION_ID = functionId;
    }

    /// @notice Asks for the median of the prices in `input` (examples/price-feed/README.md). The value sent pays for
    /// it: at least `quote(input)`.
    function update(bytes calldata input) external payable onlyOwner returns (RequestId requestId) {
        requestId = _request(_params(input), msg.value);
        _updates[requestId] = ++asked;
        emit PriceRequested(requestId, asked);
    }

    /// @notice Moves what earlier requests did not spend to `to`.
    function claimRefund(address payable to) external onlyOwner returns (uint256 amount) {
        return _claimRefund(to);
    }

    /// @notice The least value `update` accepts in this block; what is not spent comes back. It follows the base fee:
    /// send more, since that may rise, and name a gas price in the call, or some nodes answer for a base fee of zero.
    function quote(bytes calldata input) external view returns (uint256) {
        return MARKET.quote(_params(input));
    }

    function _onFulfilled(RequestId requestId, uint16 exit, bytes calldata output) internal override {
        uint64 number = _updates[requestId];
        delete _updates[requestId];
        if (exit != 0) {
            emit PriceFailed(requestId, exit);
            return;
        }
        if (number < answered) {
            emit PriceOutdated(requestId);
            return;
        }
        answered = number;
        updatedAt = uint64(block.timestamp);
        price = abi.decode(output, (uint256));
        emit PriceUpdated(requestId, price);
    }

    /// Pays a submitter up to twice today's gas price: windows are minutes, and the rest is refunded.
    function _params(bytes calldata input) private view returns (IMarketTypes.RequestParams memory) {
        return
            IMarketTypes.RequestParams({
                functionId: FUNCTION_ID,
                committeeSize: 0,
                attempts: 0,
                callbackGas: CALLBACK_GAS,
                maxFeePerGas: uint64(2 * block.basefee + 1 gwei),
                challengeWindow: 0,
                input: input
            });
    }
}
