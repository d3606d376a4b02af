// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IBeaconRegistry} from "../interfaces/IBeaconRegistry.sol";
import {IChallengeCourt} from "../interfaces/IChallengeCourt.sol";
import {IDataFee} from "../interfaces/IDataFee.sol";
import {IFunctionRegistry} from "../interfaces/IFunctionRegistry.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @notice What a market and its extension are built with; none of it ever changes, so no open request can be touched by it.
struct MarketConfig {
    INodeRegistry nodeRegistry;
    IBeaconRegistry beaconRegistry;
    IFunctionRegistry functionRegistry;
    IChallengeCourt court;
    /// Credits what the pool pays for rounds and seals.
    address bounties;
    /// Earns the protocol fee.
    address treasury;
    /// Between a request and the round that draws its committee: longer than the chain's clock can be bent.
    uint32 leadSeconds;
    /// How many epochs old the newest snapshot may be.
    uint32 epochAgeMax;
    /// Wei paid to the pool by every request, and never returned.
    uint96 selectionFee;
    /// Share of the seats' flat fees, at most 2,000.
    uint16 protocolFeeBps;
    /// Wei a unit of gas a submitter is reimbursed above the block's base fee.
    uint64 tipMax;
    /// What a submission is reimbursed: the transaction, each signature, each byte of input and output.
    uint32 gasBase;
    uint32 gasPerSignature;
    uint32 gasPerByte;
    /// And in place of signatures a proof, whose public inputs are reimbursed beside.
    uint32 gasPerProof;
    /// Zero on a chain that charges nothing for data.
    IDataFee dataFee;
}
