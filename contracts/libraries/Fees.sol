// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The arithmetic of payment, in wei.
/// @dev Warning: unchecked. A flat fee has at most 96 bits, a price and an amount of fuel 64, a count of seats 9, so no
/// product reaches 2**136; callers bound what they narrow by an escrow.
library Fees {
    uint256 internal constant BPS = 10_000;

    /// @dev [FEE-1].
    function perSeat(uint256 flatFee, uint256 fuelPrice, uint256 fuel) internal pure returns (uint256) {
        unchecked {
            return flatFee + fuelPrice * fuel;
        }
    }

    /// @dev [FEE-2]. Rounded down.
    function protocolFee(uint256 seats, uint256 flatFee, uint256 feeBps) internal pure returns (uint256) {
        unchecked {
            return (seats * flatFee * feeBps) / BPS;
        }
    }
}
