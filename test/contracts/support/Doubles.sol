// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IComputeMarket} from "../../../contracts/interfaces/IComputeMarket.sol";
import {IMarketAccounts} from "../../../contracts/interfaces/IMarketAccounts.sol";
import {BeaconClock} from "../../../contracts/libraries/BeaconClock.sol";
import {FunctionId, RequestId} from "../../../contracts/types/Ids.sol";

/// @title A beacon whose rounds anyone posts with any signature: a round's randomness is the hash of its number.
contract CountingBeacon {
    uint64 private constant GENESIS = 1000;

    uint64 public latestRound;
    mapping(uint64 round => bytes32) public randomness;

    function postRound(uint64 round, bytes calldata) external {
        randomness[round] = keccak256(abi.encode(round));
        if (round > latestRound) latestRound = round;
    }

    function timeOfRound(uint64 round) external pure returns (uint64) {
        return uint64(BeaconClock.timeOfRound(round, GENESIS, 3));
    }
}

/// @title Says of the seats in `bitmap` that they signed.
contract SettableVerifier {
    uint256 public bitmap;

    function set(uint256 bitmap_) external {
        bitmap = bitmap_;
    }

    function verify(
        address,
        uint32,
        uint256[] calldata committee,
        uint256,
        bytes32,
        bytes calldata
    ) external view returns (uint256) {
        return bitmap & (committee.length == 256 ? type(uint256).max : (1 << committee.length) - 1);
    }
}

/// @title A consumer in one of four moods: it takes what it is told, reverts, burns its gas, or reaches for the ledger.
contract MoodyConsumer {
    enum Mood {
        Takes,
        Reverts,
        Burns,
        Reaches
    }

    Mood public mood;
    IComputeMarket private market;
    address payable private thief;
    /// Of the request it was last called back for, so that a test may ask whether it was.
    RequestId public lastRequest;
    uint256 public calls;

    function set(Mood mood_, IComputeMarket market_, address payable thief_) external {
        (mood, market, thief) = (mood_, market_, thief_);
    }

    function fulfillCompute(
        RequestId requestId,
        FunctionId,
        uint64,
        uint64,
        uint16,
        bytes calldata
    ) external {
        if (mood == Mood.Reverts) revert("no");
        if (mood == Mood.Burns) {
            while (true) ++calls;
        }
        if (mood == Mood.Reaches) {
            // Its own credit, but while the ledger is shut.
            (bool ok, ) = address(market).call(abi.encodeCall(IMarketAccounts.claim, (thief)));
            require(!ok, "the ledger was open");
        }
        lastRequest = requestId;
        ++calls;
    }
}
