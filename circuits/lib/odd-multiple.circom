// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "montgomery.circom";

// (2^n + 2 e + 1) P for a point P of prime order l and the n bits of e, the lowest first.
//
// 2^n + 2e + 1 = 2^(n+1) + sum of (2 e_i - 1) 2^i: begin with 2P, and for each bit from the highest double and add P or -P.
//
// Assumed, and said by the user: bits are 0 or 1; P is on the curve and of order l; n <= 249.
// Why no addition is degenerate: acc = m P with 2 <= m, and the next multiple is 2m ± 1 <= 3 * 2^n - 1 < l. So m is not ±1, and m ± 1 is
// neither m nor -m modulo l. The first doubling is of a point of odd order.
// Size: 4 + 6 n.
template OddMultiple(n) {
    assert(n <= 249);
    signal input point[2];
    signal input bits[n];
    signal output out[2];

    // Before bit i; the last is the result.
    signal acc[n + 1][2];
    acc[n] <== MontgomeryDoubling()(point);
    for (var i = n - 1; i >= 0; i--) acc[i] <== DoubleAndAdd()(acc[i + 1], point, 2 * bits[i] - 1);
    out <== acc[0];
}
