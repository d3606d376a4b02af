// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeaconRegistry} from "./interfaces/IBeaconRegistry.sol";
import {IBounties} from "./interfaces/IBounties.sol";
import {IComputeMarket} from "./interfaces/IComputeMarket.sol";
import {IMarketTypes} from "./interfaces/IMarketTypes.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {RequestId} from "./types/Ids.sol";
import {Attempt, Request} from "./types/Request.sol";

/// @title Pays for what keeps a market going.
/// @dev The documentation stands in `IBounties`. Nobody owns this contract, and it holds nothing: a market that names it
/// credits whom it says, from its pool.
contract Bounties is IBounties {
    /// Less than posting a round costs: a bounty is no income.
    uint256 private constant GAS_ROUND = 165_000;
    /// Nodes of one step of a seal: whole parts of a snapshot, and less than a transaction may use.
    uint256 private constant SEAL_NODES = 704;
    /// The price of gas a bounty is paid at, at most.
    uint256 private constant GAS_PRICE_MAX = 500 gwei;

    INodeRegistry private immutable NODES;
    IBeaconRegistry private immutable BEACON;

    constructor(INodeRegistry nodes, IBeaconRegistry beacon) {
        NODES = nodes;
        BEACON = beacon;
    }

    /// @inheritdoc IBounties
    function postRound(
        address market,
        Request calldata request_,
        uint8 attempt,
        bytes calldata signature
    ) external returns (uint256 bounty) {
        RequestId requestId = IComputeMarket(market).requestIdOf(request_);
        (IMarketTypes.Status status, ) = IComputeMarket(market).statusOf(requestId);
        if (status != IMarketTypes.Status.Open) revert RequestNotWaiting(requestId);
        if (attempt >= request_.attempts.length) revert UnknownRound(attempt);
        Attempt calldata its = request_.attempts[attempt];
        if (block.timestamp >= its.closesAt) revert RoundTooLate(block.timestamp, its.closesAt);
        if (BEACON.randomness(its.round) != 0) revert RoundAlreadyPosted(its.round);
        BEACON.postRound(its.round, signature);
        return _pay(market, GAS_ROUND);
    }

    /// @inheritdoc IBounties
    function sealEpoch(address market) external returns (bool finished, uint256 bounty) {
        uint256 gas = gasleft();
        finished = NODES.sealEpoch(SEAL_NODES);
        gas -= gasleft();
        bounty = _pay(market, gas);
    }

    function _pay(address market, uint256 gas) private returns (uint256 bounty) {
        (, , , uint256 tipMax) = IComputeMarket(market).gasConstants();
        uint256 price = block.basefee + tipMax;
        // What the caller pays itself, or work nobody needs would be an income.
        if (tx.gasprice < price) price = tx.gasprice;
        if (price > GAS_PRICE_MAX) price = GAS_PRICE_MAX;
        bounty = IComputeMarket(market).payBounty(msg.sender, gas * price);
        emit BountyPaid(market, msg.sender, bounty);
    }
}
