// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMarketAccounts} from "./IMarketAccounts.sol";
import {IMarketCore} from "./IMarketCore.sol";
import {IMarketExtension} from "./IMarketExtension.sol";
import {IMarketProofs} from "./IMarketProofs.sol";

/// @title Requests, their escrow and their settlement.
/// @notice One slot a request holds its status and escrow. All payments are credits, pulled by their owners; the
/// callback comes last and cannot block them. Refunds and expiry work while new requests are paused.
/// Structs, events and errors stand in `IMarketTypes`.
interface IComputeMarket is IMarketCore, IMarketAccounts, IMarketExtension, IMarketProofs {}
