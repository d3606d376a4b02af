// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Committees that stand for an epoch, and the roots of their keys.
/// @notice A proof of a committee's observations names the root of its members' keys (docs/spec/circuits.md). Which nodes sit on it anyone
/// can compute; the root is hashed for circuits, which is dear on chain. So whoever needs it posts it with a bond, and it counts after a
/// while unless somebody has it computed here. Nobody owns this contract.
/// Members are known from the beginning of their epoch to its end: more time to reach them than a committee drawn for one
/// request gives. This is the trust of a price feed's fixed set of nodes, with stake behind each.
interface IStandingCommittees {
    /// @notice A root was posted, and counts from `finalAt` on unless it is found wrong.
    event CommitteePosted(
        uint32 indexed epoch,
        uint16 indexed size,
        uint256 keyRoot,
        address indexed poster,
        uint64 finalAt
    );
    /// @notice The root was computed: it counts from now on.
    /// @param wasRight whether it is what was posted; true when nothing was.
    event CommitteeChecked(
        uint32 indexed epoch,
        uint16 indexed size,
        uint256 keyRoot,
        bool wasRight,
        address indexed caller
    );
    /// @notice Bonds were paid out to `to`.
    event Claimed(address indexed account, address to, uint256 amount);

    /// @notice A constructor argument is out of its range.
    error InvalidConfig(string field);
    /// @notice A standing committee has 4 to 30 seats.
    error InvalidSize(uint256 size);
    /// @notice A hash of this size has no table yet: `IPoseidonTables.write` does that.
    error PoseidonTableMissing(uint256 width);
    /// @notice The epoch was never sealed.
    error EpochNotSealed(uint32 epoch);
    /// @notice The epoch's snapshot holds fewer nodes than seats.
    error NotEnoughNodes(uint256 eligible, uint256 required);
    /// @notice The committee is not drawn before its round is posted.
    error RoundNotPosted(uint64 round);
    /// @notice Only the newest sealed epoch's committee is posted.
    error NotNewestEpoch(uint32 epoch, uint32 newest);
    /// @notice This epoch's committee of that size is posted, or a later one is.
    error AlreadyPosted(uint32 epoch, uint32 posted);
    /// @notice A root of that size may still be found wrong: `check` decides it now.
    error PostUndecided(uint32 epoch, uint256 finalAt);
    /// @notice The bond is exactly what `bond` says.
    error BondMismatch(uint256 value, uint256 bond);
    /// @notice A root is a field element.
    error InvalidKeyRoot(uint256 keyRoot);
    /// @notice No root of that size counts yet.
    error NoCommittee(uint16 size);
    /// @notice Nothing of that size waits to be made final.
    error NothingToFinalize(uint16 size);
    /// @notice Nothing is owed to the account.
    error NothingToClaim(address account);
    /// @notice The receiver refuses ether. Nothing was taken.
    error TransferFailed(address to);

    /// @notice Posts the root of the newest sealed epoch's committee. Anyone, with the bond.
    function post(uint32 epoch, uint16 size, uint256 keyRoot) external payable;

    /// @notice Computes the root and makes it final at once. Anyone. If another was posted, half of its bond is the caller's, and the
    /// other half nobody's any more; if this was, the bond is its poster's again. Nothing need have been posted.
    /// @dev For a committee of 30 about 2,700,000 gas.
    function check(uint32 epoch, uint16 size) external;

    /// @notice Returns the bond of a root that counts because its time is over. Anyone; the next `post` of that size does it too.
    function finalize(uint16 size) external;

    /// @notice Pays the caller the bonds it is owed.
    function claim(address payable to) external returns (uint256 amount);

    /// @notice The newest root of that size that counts. Reverts with `NoCommittee` when there is none.
    function latest(uint16 size) external view returns (uint32 epoch, uint256 keyRoot);

    /// @notice Whose root it is: the newest committee with these keys whose root counts, or counted; zeros when there is none.
    function committeeOf(uint256 keyRoot) external view returns (uint32 epoch, uint16 size);

    /// @notice The root posted last of that size, whether or not it counts already; all zero when there is none.
    function postOf(
        uint16 size
    ) external view returns (uint32 epoch, uint64 finalAt, address poster, uint256 keyRoot);

    /// @notice The beacon round that draws an epoch's committees: the first emitted more than `leadSeconds` after its seal.
    function roundOf(uint32 epoch) external view returns (uint64);

    /// @notice Who sits on an epoch's committee, in order. A larger committee extends a smaller one.
    /// @return entries attestor (20) and number (4), in the lowest bytes.
    function membersOf(uint32 epoch, uint16 size) external view returns (uint256[] memory entries);

    /// @notice Their keys; zero for a member that had none when the epoch began, who is absent.
    function keysOf(uint32 epoch, uint16 size) external view returns (uint256[] memory keys);

    /// @notice The root of these keys [CIR-13], computed now.
    function computeKeyRoot(uint32 epoch, uint16 size) external view returns (uint256);

    /// @notice What an account may claim, in wei.
    function creditOf(address account) external view returns (uint256);

    /// @notice What is sent with a root, in wei.
    function bond() external view returns (uint256);

    /// @notice Seconds in which a posted root may be found wrong before it counts.
    function challengeSeconds() external view returns (uint32);

    /// @notice Seconds between an epoch's seal and the round that draws its committees, at least.
    function leadSeconds() external view returns (uint32);

    /// @notice Where members' keys are registered.
    function keyRegistry() external view returns (address);
}
