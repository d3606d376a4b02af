// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {IMarketTypes} from "../interfaces/IMarketTypes.sol";
import {ISignedRequests} from "../interfaces/ISignedRequests.sol";
import {FunctionId, RequestId} from "../types/Ids.sol";
import {MarketAgent} from "./MarketAgent.sol";

/// @title Requests made by signature.
/// @dev The documentation stands in `ISignedRequests`. The digest names the chain and this contract (its domain), the market, and
/// the signer: of wallets that share a key, one's signature is no other's.
contract SignedRequests is ISignedRequests, MarketAgent, EIP712 {
    bytes32 private constant PARAMS_TYPEHASH = keccak256(
        "RequestParams(bytes32 functionId,uint16 committeeSize,uint8 attempts,uint32 callbackGas,uint64 maxFeePerGas,"
        "uint32 challengeWindow,bytes input)"
    );
    bytes32 private constant SIGNED_TYPEHASH = keccak256(
        "SignedRequest(address signer,address market,address callbackTarget,RequestParams params,uint256 nonce,"
        "uint64 validBefore,uint96 valueMax,address relayer,uint96 tipMax)"
        "RequestParams(bytes32 functionId,uint16 committeeSize,uint8 attempts,uint32 callbackGas,uint64 maxFeePerGas,"
        "uint32 challengeWindow,bytes input)"
    );

    mapping(address signer => mapping(uint256 word => uint256)) private _nonces;

    constructor(IComputeMarket market) MarketAgent(market) EIP712("Dikast", "1") {}

    /// @inheritdoc ISignedRequests
    function submit(
        SignedRequest calldata signed,
        bytes calldata signature,
        uint96 tip
    ) external returns (RequestId requestId) {
        address signer = signed.signer;
        if (signed.relayer != address(0) && signed.relayer != msg.sender) {
            revert NotRelayer(signed.relayer, msg.sender);
        }
        if (block.timestamp >= signed.validBefore) {
            revert SignatureExpired(block.timestamp, signed.validBefore);
        }
        if (tip > signed.tipMax) revert AboveTipMax(tip, signed.tipMax);
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digestOf(signed), signature)) {
            revert BadSignature(signer);
        }
        _useNonce(signer, signed.nonce);
        uint256 purse = purseOf(signer);
        if (tip > purse) revert PurseTooLow(signer, purse, tip);
        _payFrom(signer, msg.sender, tip);

        uint256 credit = MARKET.creditOf(signer);
        requestId = _ask(signer, signed.callbackTarget, signed.params);
        uint256 value = credit - MARKET.creditOf(signer);
        if (value > signed.valueMax) revert AboveValueMax(value, signed.valueMax);
        emit SignedRequestSubmitted(requestId, signer, msg.sender, signed.nonce, tip);
    }

    /// @inheritdoc ISignedRequests
    function invalidateNonces(uint256 word, uint256 mask) external {
        _nonces[msg.sender][word] |= mask;
        emit NoncesInvalidated(msg.sender, word, mask);
    }

    /// @inheritdoc ISignedRequests
    function noncesOf(address signer, uint256 word) external view returns (uint256 bitmap) {
        return _nonces[signer][word];
    }

    /// @inheritdoc ISignedRequests
    function digestOf(SignedRequest calldata signed) public view returns (bytes32) {
        IMarketTypes.RequestParams calldata params = signed.params;
        bytes32 paramsHash = keccak256(
            abi.encode(
                PARAMS_TYPEHASH,
                FunctionId.unwrap(params.functionId),
                params.committeeSize,
                params.attempts,
                params.callbackGas,
                params.maxFeePerGas,
                params.challengeWindow,
                keccak256(params.input)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                SIGNED_TYPEHASH,
                signed.signer,
                address(MARKET),
                signed.callbackTarget,
                paramsHash,
                signed.nonce,
                signed.validBefore,
                signed.valueMax,
                signed.relayer,
                signed.tipMax
            )
        );
        return _hashTypedDataV4(structHash);
    }

    function _useNonce(address signer, uint256 nonce) private {
        uint256 word = nonce >> 8;
        uint256 bit = 1 << (nonce & 0xff);
        uint256 bitmap = _nonces[signer][word];
        if (bitmap & bit != 0) revert NonceUsed(signer, nonce);
        _nonces[signer][word] = bitmap | bit;
    }
}
