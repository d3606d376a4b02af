// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Certified} from "../types/Certified.sol";
import {FunctionId} from "../types/Ids.sol";
import {Report, Request} from "../types/Request.sol";

/// @title Faults that signatures alone prove.
/// @notice Two are: to sign two different reports of one request, in one attempt and view; and to have signed what a
/// challenge overturned, of a function whose every run must give the same. Nothing else is a fault here: who disagrees with a certificate or keeps silent earns nothing, and loses nothing; or whoever captures one
/// committee, or publishes a module that nobody can fetch, could punish honest nodes.
interface ISlasher {
    /// @notice A report as a node signed it: in a tree of reports, under an attestation.
    struct SignedReport {
        FunctionId functionId;
        uint32 epoch;
        uint64 round;
        uint8 attempt;
        uint32 view_;
        Report report;
        /// Where its digest stands in the tree, of how many leaves, and the Merkle proof of it.
        uint256 index;
        uint256 count;
        bytes32[] proof;
        /// EIP-2098, of the attestation's digest under the market's domain.
        bytes32 r;
        bytes32 yParityAndS;
    }

    /// @notice A report under a committee's certificate.
    struct CertifiedReport {
        Report report;
        uint256 index;
        uint256 count;
        bytes32[] proof;
        bytes certificate;
    }

    /// @notice Faults in that market count from now on, for good.
    event MarketAdded(address indexed market);
    /// @notice A node was slashed for signing two reports of one request, attempt and view.
    event Equivocated(
        address indexed attestor,
        address indexed market,
        bytes32 indexed requestId,
        uint8 attempt,
        uint32 view_,
        address reporter
    );

    /// @notice A node signed a report that a challenge overturned.
    event Overturned(
        address indexed attestor,
        address indexed market,
        bytes32 indexed requestId,
        address challenger
    );

    /// @notice A market is a contract, named once.
    error InvalidMarket(address market);
    /// @notice The slasher does not believe this market.
    error UnknownMarket(address market);
    /// @notice The two are not of one request, attempt and view.
    error NotOneRequest();
    /// @notice The two are the same: signing one twice is no fault.
    error SameReport(bytes32 digest);
    /// @notice The two signatures are not one node's.
    error NotOneSigner(address first, address second);
    /// @notice No seat signed both certificates.
    error NoSignerOfBoth(uint256 first, uint256 second);
    /// @notice No challenge overturned this certificate.
    error NotOverturned(bytes32 requestId);
    /// @notice Too small a committee overturned it for anybody to be slashed.
    error TooFewJudges(uint256 judges, uint256 judgesMin);
    /// @notice The node was slashed for this request.
    error AlreadySlashed(address attestor, bytes32 requestId);

    /// @notice Believes a market's signatures from now on, for good. Only the owner.
    function addMarket(address market) external;

    /// @notice Slashes a node that signed two different reports of one request, attempt and view, under one signature or
    /// two. Anyone; the reporter's share is the caller's.
    /// @return attestor who signed both.
    function reportEquivocation(
        address market,
        SignedReport calldata first,
        SignedReport calldata second
    ) external returns (address attestor);

    /// @notice The same for certificates in which single signatures cannot be told apart: all who signed both are slashed.
    /// @param request_ whose committee it is, in `attempt`.
    function reportCertificates(
        address market,
        Request calldata request_,
        uint8 attempt,
        uint32 view_,
        CertifiedReport calldata first,
        CertifiedReport calldata second
    ) external returns (uint256 slashed);

    /// @notice Slashes all who signed a certificate that a challenge overturned. Anyone; the reporter's share is the
    /// challenger's. A verdict of fewer judges than this contract was built to believe stands, and slashes nobody.
    /// @param certified what was challenged.
    function reportOverturned(
        address market,
        Request calldata request_,
        Certified calldata certified
    ) external returns (uint256 slashed);

    /// @notice Whether faults in this market count.
    function isMarket(address market) external view returns (bool);

    /// @notice Whether a node was slashed for this request, attempt and view.
    function wasSlashed(
        address market,
        address attestor,
        bytes32 requestId,
        uint8 attempt,
        uint32 view_
    ) external view returns (bool);
}
