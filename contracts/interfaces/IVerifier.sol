// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Checks that a quorum of a committee signed an attestation.
interface IVerifier {
    /// @notice The bytes are no certificate.
    error MalformedCertificate(uint256 length);
    /// @notice A seat beyond the committee is marked.
    error UnknownSigners(uint256 signerBitmap);
    /// @notice Fewer seats signed than are needed.
    error QuorumNotReached(uint256 signers, uint256 quorum);
    /// @notice That seat's signature is not its member's, of this report.
    error InvalidAttestation(uint256 seat);

    /// @param snapshot the code blob the committee was drawn from.
    /// @param epoch the snapshot's epoch.
    /// @param members the committee's entries of that snapshot in the order drawn, `attestor (20) | number (4)` in the
    /// lowest bytes of a word; a seat is a place in this list. A scheme finds its members' keys by them. Warning: the
    /// caller read them from the snapshot; an answer says nothing about who really sits on a committee.
    /// @param quorum how many distinct seats must have signed.
    /// @param digest the attestation's EIP-712 digest.
    /// @param certificate the scheme's own encoding.
    /// @return signerBitmap bit i is set when seat i signed. Reverts unless at least `quorum` seats did.
    function verify(
        address snapshot,
        uint32 epoch,
        uint256[] calldata members,
        uint256 quorum,
        bytes32 digest,
        bytes calldata certificate
    ) external view returns (uint256 signerBitmap);
}
