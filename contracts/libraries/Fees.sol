// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The arithmetic of payment, in wei.
library Fees {
    uint256 internal constant BPS = 10_000;

    /// @dev [FEE-1]. Below 2**97 + 2**128: callers bound it by an escrow before they narrow it.
    function perSeat(uint256 flatFee, uint256 fuelPrice, uint256 fuel) internal pure returns (uint256) {
        return flatFee + fuelPrice * fuel;
    }

    /// @dev [FEE-2]. Rounded down.
    function protocolFee(uint256 seats, uint256 flatFee, uint256 feeBps) internal pure returns (uint256) {
        return (seats * flatFee * feeBps) / BPS;
    }
}
