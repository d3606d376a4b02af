// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RequestId} from "../types/Ids.sol";
import {IMarketTypes} from "./IMarketTypes.sol";
import {IMarketAgent} from "./IMarketAgent.sol";

/// @title Requests made by signature: whoever sends the transaction, the signer's account in the market pays.
interface ISignedRequests is IMarketAgent {
    /// @notice What is signed, with the market's address, as EIP-712 typed data [FMT-9].
    struct SignedRequest {
        /// An account that signs with its key, or a contract that says what it signed (EIP-1271).
        address signer;
        /// The signer, or a contract that allowed both the signer and this contract (`IMarketCore.allowCallbacks`).
        address callbackTarget;
        IMarketTypes.RequestParams params;
        /// Any number not used before: bit `nonce % 256` of word `nonce / 256`. No order.
        uint256 nonce;
        /// Seconds since 1970: from then on the signature is void.
        uint64 validBefore;
        /// Wei: the most the request may take from the signer's account, beside the cap the account gave this contract.
        uint96 valueMax;
        /// Who may submit it; zero for anyone.
        address relayer;
        /// Wei: the most the relayer may take from the signer's purse.
        uint96 tipMax;
    }

    /// @notice A signed request was made, of its signer's account.
    event SignedRequestSubmitted(
        RequestId indexed requestId,
        address indexed signer,
        address indexed relayer,
        uint256 nonce,
        uint256 tip
    );
    /// @notice A signer withdrew nonces before they were used.
    event NoncesInvalidated(address indexed signer, uint256 indexed word, uint256 mask);

    /// @notice The request names another account to submit it.
    error NotRelayer(address relayer, address caller);
    /// @notice The signature was good until then.
    error SignatureExpired(uint256 time, uint256 validBefore);
    /// @notice The nonce was used or withdrawn.
    error NonceUsed(address signer, uint256 nonce);
    /// @notice It is not the signer's signature of this request.
    error BadSignature(address signer);
    /// @notice The request costs more than was signed.
    error AboveValueMax(uint256 value, uint256 valueMax);
    /// @notice The caller asks for more than was signed.
    error AboveTipMax(uint256 tip, uint256 tipMax);
    /// @notice The signer's purse does not cover the tip.
    error PurseTooLow(address account, uint256 balance, uint256 required);

    /// @notice Makes a signed request. The relayer it names, or anyone when it names none.
    /// @param tip what the caller takes for it from the signer's purse into its own: at most `tipMax`. Reverts when the purse
    /// has less, so that nobody works for less than he asked.
    /// @dev Warning: without a named relayer whoever is first has the tip. Nothing of a signed request can be changed, and one
    /// that reverts uses no nonce: a stranger cannot keep it from being made.
    function submit(
        SignedRequest calldata signed,
        bytes calldata signature,
        uint96 tip
    ) external returns (RequestId requestId);

    /// @notice Voids what the caller signed, or might, with nonces of one word.
    /// @param word `nonce / 256`; @param mask a bit set for each nonce to void.
    function invalidateNonces(uint256 word, uint256 mask) external;

    /// @notice The used and the void nonces of a word.
    function noncesOf(address signer, uint256 word) external view returns (uint256 bitmap);

    /// @notice What is signed: valid for this contract, its market and this chain.
    function digestOf(SignedRequest calldata signed) external view returns (bytes32);
}
