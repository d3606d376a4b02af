// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Certified} from "../types/Certified.sol";
import {RequestId} from "../types/Ids.sol";
import {Batch, Request} from "../types/Request.sol";
import {IMarketTypes} from "./IMarketTypes.sol";

/// @title What a market does more rarely.
/// @notice In the code of its extension, over the market's own storage and balance: called on the market like all the rest.
interface IMarketExtension is IMarketTypes {
    /// @notice Adds value to an open request, and raises what its requester pays for gas. Only its requester.
    /// @param maxFeePerGas below what it is now, it stays. The escrow must be enough for it.
    function topUp(Request calldata request_, uint64 maxFeePerGas) external payable;

    /// @notice Settles requests that one committee certified together: one certificate over the Merkle root of their
    /// reports. A leaf given as a digest stands for a report of another transaction. Anyone.
    /// @param shared any of the requests: of it, all is the others' too but for what an item says, which is not read here.
    /// @param items one behind the other, as `BatchItem` packs them, in the order of their leaves.
    function fulfillBatch(Request calldata shared, bytes calldata items, Batch calldata batch) external;

    /// @notice Makes a certified request final: once its challenge window has passed without a challenge, or with the
    /// challenge's verdict. Pays, and calls back last. Anyone.
    /// @param certified as `RequestCertified` gave it.
    /// @param output what the certificate is of, or the verdict when it was overturned; not read when there is none, and the
    /// request expires.
    function finalize(
        Request calldata request_,
        Certified calldata certified,
        bytes calldata output
    ) external;

    /// @notice Calls back again, where that failed, with the caller's gas. Anyone, until a week after the deadline.
    /// @param gas for the callback: at least what was bought, at most 2,000,000.
    /// @return ok whether it succeeded; if not, it may be tried again.
    function retryCallback(
        Request calldata request_,
        CallbackResult calldata result,
        uint256 gas
    ) external returns (bool ok);

    /// @notice Credits a node its shares of settlements of large committees. Only its operator.
    /// @param claims packed, one behind the other, in ascending order of settlement [FMT-11]: `settlement (8) | place among the
    /// signers, in the order of their seats (2) | Merkle proof of the attestor (32 for each digest)`. Warning: those passed
    /// over cannot be claimed later.
    function claimShares(address attestor, bytes calldata claims) external returns (uint256 amount);

    /// @notice Credits an account out of the pool, as far as there is enough in it. Only `bounties`.
    function payBounty(address account, uint256 amount) external returns (uint256 bounty);

    /// @notice Reverts unless the request is certified as given, and not final.
    function checkCertified(
        Request calldata request_,
        Certified calldata certified
    ) external view returns (RequestId);

    /// @notice The hash of the `MarketConfig`, ABI-encoded, that the market and its extension are built with.
    function configHash() external view returns (bytes32);

    /// @notice Selection fees and the pay of seats that did not sign, kept for bounties.
    function pool() external view returns (uint256);

    /// @notice Pays for rounds and seals out of this market's pool.
    function bounties() external view returns (address);

    /// @notice Hears the challenges of this market's requests.
    function court() external view returns (address);

    /// @notice The `IDataFee` that says what a submitter is reimbursed beside; zero on a chain without such a fee.
    function dataFee() external view returns (address);

    /// @notice The committee of an attempt: snapshot indices in the order drawn. Reverts until its round is posted.
    function committeeOf(Request calldata request_, uint8 attempt) external view returns (uint256[] memory);

    /// @notice A settlement's record; of the root the lower 168 bits are kept.
    function sharesOf(
        uint256 settlement
    ) external view returns (uint256 perSeat, uint256 signers, bytes32 root);

    /// @notice Settlements below this can no longer be claimed from by the node.
    function sharesClaimedBelow(address attestor) external view returns (uint256);
}
