// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Certified} from "../types/Certified.sol";
import {RequestId} from "../types/Ids.sol";
import {Fulfillment, Request} from "../types/Request.sol";
import {Verdict} from "../types/Verdict.sol";

/// @title Second opinions: a larger committee, paid by a challenger's bond, computes a certified request again.
/// @notice A request is challenged at most once. The committee is drawn by a beacon round nobody can know yet, without the
/// members that certified the request while the snapshot has nodes enough. Its quorum decides for good:
/// - upheld, the bond pays the committee and what is left of it goes to the requester, who had to wait;
/// - overturned, what is left of the bond goes back to the challenger, whom the market adds the first committee's pay and
///   the registry the reporter's share of what the signers lose;
/// - undecided when no quorum answers in time: half the bond is burned, half goes back, and nobody is slashed.
interface IChallengeCourt {
    /// @notice What a verdict says the result is; zeros unless it was overturned.
    struct Ruling {
        Verdict verdict;
        address challenger;
        uint16 exit;
        uint64 fuelUsed;
        bytes32 outputHash;
    }

    /// @notice A bond was paid: a larger committee, drawn by that round, hears the request within the window.
    event Challenged(
        address indexed market,
        RequestId indexed requestId,
        address indexed challenger,
        uint96 bond,
        uint64 round,
        uint64 opensAt,
        uint64 closesAt
    );
    /// @param unsignedPay wei of the seats that did not sign, which went to the market's pool.
    event ChallengeResolved(
        address indexed market,
        RequestId indexed requestId,
        address indexed resolver,
        Verdict verdict,
        uint256 perSeat,
        uint256 unsignedPay,
        uint256 reimbursement,
        Fulfillment fulfillment
    );
    /// @notice The window passed without a verdict: half the bond is gone, the rest is its challenger's again.
    event ChallengeUndecided(
        address indexed market,
        RequestId indexed requestId,
        uint256 burned,
        uint256 returned
    );

    /// @notice A constructor argument is out of its range.
    error InvalidConfig(string field);
    /// @notice The certificate's challenge window has passed: it is final.
    error NotChallengeable(RequestId requestId, uint256 time, uint256 challengeBefore);
    /// @notice A certificate is challenged once.
    error AlreadyChallenged(RequestId requestId, address challenger);
    /// @notice The bond is what `bondOf` says, to the wei.
    error BondMismatch(uint256 value, uint256 bond);
    /// @notice The request has no challenge that is pending.
    error NotPending(RequestId requestId, Verdict verdict);
    /// @notice A verdict counts while the challenge's window is open.
    error OutsideChallenge(uint256 time, uint256 opensAt, uint256 closesAt);
    /// @notice A challenge is closed undecided once its window has passed.
    error StillOpen(RequestId requestId, uint256 closesAt);
    /// @notice The larger committee is not drawn before its round is posted.
    error RoundNotPosted(uint64 round);
    /// @notice A verdict is of attempt 255, view 0, within the bounds of the request.
    error NotAChallengeReport();

    /// @notice Challenges a certified request within its window. Anyone, with exactly `bondOf` as value.
    /// @param market one whose certified requests the caller believes: the bond is paid out through it.
    function challenge(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external payable;

    /// @notice Decides a challenge with the larger committee's certificate. Anyone, while its window is open.
    /// @param fulfillment of attempt 255 and view 0.
    function resolve(
        address market,
        Request calldata request_,
        Certified calldata certified,
        Fulfillment calldata fulfillment
    ) external returns (Verdict);

    /// @notice Ends a challenge nobody resolved in its window. Anyone.
    function closeUndecided(address market, RequestId requestId) external;

    /// @notice The wei a challenge takes: what its committee and its submission can cost at most.
    function bondOf(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external view returns (uint256);

    /// @notice A challenge that ran out is undecided from that second on, whether or not it was closed.
    function rulingOf(address market, RequestId requestId) external view returns (Ruling memory);

    /// @notice The hash of what was challenged, and by whom; zeros when nothing was.
    function challengedOf(
        address market,
        RequestId requestId
    ) external view returns (bytes32 certifiedHash, address challenger);

    /// @notice The larger committee: snapshot indices in the order drawn. Reverts until its round is posted.
    function committeeOf(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external view returns (uint256[] memory);

    /// @notice Seats of the committee that hears a challenge of one of `committeeSize`.
    function seatsFor(uint256 committeeSize) external pure returns (uint256);
}
