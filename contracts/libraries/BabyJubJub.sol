// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bn254} from "./Bn254.sol";

/// @title BabyJubJub (EIP-2494), the curve over BN254's scalar field that keys for circuits are points of.
/// @dev a x^2 + y^2 = 1 + d x^2 y^2, in projective coordinates x = X/Z, y = Y/Z; in Montgomery form u = (1 + y) / (1 - y), v = u / x and
/// v^2 = u^3 + 168698 u^2 + u. The group has 8 l points.
///
/// `a` is a square and `d` is not, so that the formulas are complete: they hold for any two points of the curve, equal, opposite or
/// neutral, and no Z is ever zero (Bernstein, Birkner, Joye, Lange, Peters, "Twisted Edwards curves", https://eprint.iacr.org/2008/013,
/// sections 6 and 7). Nothing here is constant in time, and nothing secret: keys and signatures are public.
library BabyJubJub {
    /// @dev Coordinates below r. Warning: functions trust a point to be one of the curve; `fromMontgomery` says when it is.
    struct Point {
        uint256 x;
        uint256 y;
        uint256 z;
    }

    uint256 private constant R = Bn254.R;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;
    uint256 private constant MONTGOMERY_A = 168698;
    /// The order of the subgroup, a prime of 251 bits.
    uint256 internal constant L =
        2736030358979909402780800718157159386076813972158567259200215660948447373041;

    /// B, a generator of the subgroup; 2^130 B; and their sum.
    uint256 private constant B_X =
        5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 private constant B_Y =
        16950150798460657717958625567821834550301663161624707787222815936182638968203;
    uint256 private constant HIGH_X =
        15831644631497195825058711412699108719319718559236689644581297972391242428266;
    uint256 private constant HIGH_Y =
        5170623923927370028826767949757661806866135602670102939648682646045496912973;
    uint256 private constant BOTH_X =
        5290875757181217142665628496372532941700517095978228332058904025513279628480;
    uint256 private constant BOTH_Y =
        17621131077732760689507855794667977048608790948505267764440675789276895819980;
    /// Where a scalar is cut in two. A multiplier c is at most 3 * 2^128 - 1, below 2^130.
    uint256 private constant HALF_BITS = 130;

    /// @notice Whether these are the coordinates in Montgomery form of a point of the curve: any but the neutral one, which has none, and
    /// the one of order 2, which is (0, 0).
    /// @dev No other point has a v of 0, and none a u of -1: v^2 would be 168696, which is no square.
    function isPoint(uint256 u, uint256 v) internal pure returns (bool) {
        if (u >= R || v >= R || v == 0) return false;
        uint256 uu = mulmod(u, u, R);
        uint256 right = mulmod(addmod(addmod(uu, mulmod(MONTGOMERY_A, u, R), R), 1, R), u, R);
        return mulmod(v, v, R) == right;
    }

    /// @notice x = u / v and y = (u - 1) / (u + 1), without a division.
    /// @dev Warning: neither v nor u + 1 is zero. On the curve exactly if `isPoint(u, v)`, but for u = 0: a point's u and v follow from its
    /// x and y, so coordinates of no point do not give one.
    function fromMontgomery(uint256 u, uint256 v) internal pure returns (Point memory) {
        unchecked {
            return
                Point(
                    mulmod(u, addmod(u, 1, R), R),
                    mulmod(v, addmod(u, R - 1, R), R),
                    mulmod(v, addmod(u, 1, R), R)
                );
        }
    }

    /// @notice u of a point that is not the neutral one; zero for that.
    function montgomeryU(Point memory p) internal view returns (uint256) {
        unchecked {
            return mulmod(addmod(p.z, p.y, R), _inverse(addmod(p.z, R - p.y, R)), R);
        }
    }

    /// @notice Whether two points are one.
    function isSame(Point memory p, Point memory q) internal pure returns (bool) {
        return mulmod(p.x, q.z, R) == mulmod(q.x, p.z, R) && mulmod(p.y, q.z, R) == mulmod(q.y, p.z, R);
    }

    /// @notice Whether it is the point (0, 1): of all points with x = 0 there is one more, (0, -1).
    function isNeutral(Point memory p) internal pure returns (bool) {
        return p.x == 0 && p.y == p.z;
    }

    /// @notice Doubles `p`, in place.
    function double(Point memory p) internal pure {
        unchecked {
            (uint256 x, uint256 y, uint256 z) = (p.x, p.y, p.z);
            uint256 b = addmod(x, y, R);
            b = mulmod(b, b, R);
            x = mulmod(x, x, R);
            y = mulmod(y, y, R);
            z = mulmod(z, z, R);
            uint256 e = mulmod(A, x, R);
            uint256 f = addmod(e, y, R);
            // R - w stands for -w, for w below r.
            uint256 j = addmod(f, R - addmod(z, z, R), R);
            p.x = mulmod(addmod(b, R - addmod(x, y, R), R), j, R);
            p.y = mulmod(f, addmod(e, R - y, R), R);
            p.z = mulmod(f, j, R);
        }
    }

    /// @notice Adds `q` to `p`, in place. They may be the same point, and one may be the neutral one.
    function add(Point memory p, Point memory q) internal pure {
        unchecked {
            uint256 z = mulmod(p.z, q.z, R);
            uint256 zz = mulmod(z, z, R);
            uint256 xx = mulmod(p.x, q.x, R);
            uint256 yy = mulmod(p.y, q.y, R);
            uint256 e = mulmod(mulmod(D, xx, R), yy, R);
            uint256 cross = mulmod(addmod(p.x, p.y, R), addmod(q.x, q.y, R), R);
            cross = addmod(cross, R - addmod(xx, yy, R), R);
            uint256 f = addmod(zz, R - e, R);
            uint256 g = addmod(zz, e, R);
            p.x = mulmod(mulmod(z, f, R), cross, R);
            p.y = mulmod(mulmod(z, g, R), addmod(yy, R - mulmod(A, xx, R), R), R);
            p.z = mulmod(f, g, R);
        }
    }

    /// @notice s B - c P, of which a signature is checked.
    /// @dev As three scalars of 130 bits, over B, 2^130 B and -P, whose eight sums are added bit by bit. Warning: c and s are below
    /// 2^130 and 2^260.
    function combine(uint256 s, uint256 c, Point memory p) internal pure returns (Point memory sum) {
        Point[8] memory sums;
        sums[0] = Point(0, 1, 1);
        sums[1] = Point(B_X, B_Y, 1);
        sums[2] = Point(HIGH_X, HIGH_Y, 1);
        sums[3] = Point(BOTH_X, BOTH_Y, 1);
        unchecked {
            for (uint256 i; i < 4; ++i) {
                sums[4 + i] = Point(R - p.x, p.y, p.z);
                add(sums[4 + i], sums[i]);
            }
            sum = Point(0, 1, 1);
            for (uint256 bit = HALF_BITS; bit-- != 0;) {
                double(sum);
                uint256 place = ((s >> bit) & 1) | (((s >> (HALF_BITS + bit)) & 1) << 1);
                add(sum, sums[place | (((c >> bit) & 1) << 2)]);
            }
        }
    }

    /// x^(r - 2), by the precompile.
    function _inverse(uint256 x) private view returns (uint256 inverse) {
        uint256 r = R;
        bool ok;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 32)
            mstore(add(input, 32), 32)
            mstore(add(input, 64), 32)
            mstore(add(input, 96), x)
            mstore(add(input, 128), sub(r, 2))
            mstore(add(input, 160), r)
            ok := staticcall(gas(), 5, input, 192, 0, 32)
            inverse := mload(0)
        }
        assert(ok);
    }
}
