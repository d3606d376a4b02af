// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// BabyJubJub in Montgomery form, v^2 = u^3 + 168698 u^2 + u: from the twisted Edwards form by u = (1 + y) / (1 - y), v = u / x.
//
// The group law here is INCOMPLETE. `MontgomeryAddition` asks of its user that the two points differ in u. Where they do not, the slope's
// equation is 0 * slope = v2 - v1: for opposite points it has no solution, which costs a proof; for EQUAL points any slope solves it,
// and a prover could go on from a point of his choice. Each use says why that cannot be, or has `Differ` forbid it.

function MONTGOMERY_A() {
    return 168698;
}

// Enforced: (u, v) is on the curve. Size: 3.
template OnCurve() {
    signal input u;
    signal input v;

    signal uu <== u * u;
    signal vv <== v * v;
    (uu + MONTGOMERY_A() * u + 1) * u === vv;
}

// Enforced: a != b. Size: 1.
template Differ() {
    signal input a;
    signal input b;

    signal inverse <-- 1 / (a - b);
    inverse * (a - b) === 1;
}

// The sum of two points of different u. Size: 3.
template MontgomeryAddition() {
    signal input a[2];
    signal input b[2];
    signal output out[2];

    signal slope <-- (b[1] - a[1]) / (b[0] - a[0]);
    slope * (b[0] - a[0]) === b[1] - a[1];
    out[0] <== slope * slope - MONTGOMERY_A() - a[0] - b[0];
    out[1] <== slope * (a[0] - out[0]) - a[1];
}

// Twice a point that is not of order 2: a point of odd order has v != 0. Size: 4.
template MontgomeryDoubling() {
    signal input a[2];
    signal output out[2];

    signal square <== a[0] * a[0];
    signal slope <-- (3 * square + 2 * MONTGOMERY_A() * a[0] + 1) / (2 * a[1]);
    slope * 2 * a[1] === 3 * square + 2 * MONTGOMERY_A() * a[0] + 1;
    out[0] <== slope * slope - MONTGOMERY_A() - 2 * a[0];
    out[1] <== slope * (a[0] - out[0]) - a[1];
}

// 2 acc + point or 2 acc - point, as (acc + point) + acc without the v of what stands in brackets. `sign` is 1 or -1.
//
// Needs acc != ±point, and (acc ± point) != ±acc: with acc = m P, point = P and P of prime order l, that 2 <= m and 2m + 1 < l.
// Size: 6.
template DoubleAndAdd() {
    signal input acc[2];
    signal input point[2];
    signal input sign;
    signal output out[2];

    signal v <== sign * point[1];
    signal first <-- (v - acc[1]) / (point[0] - acc[0]);
    first * (point[0] - acc[0]) === v - acc[1];
    signal middle <== first * first - MONTGOMERY_A() - acc[0] - point[0];
    // The slope from acc to the sum is (v_sum - v_acc) / (middle - u_acc), where v_sum = first (u_acc - middle) - v_acc.
    signal second <-- 2 * acc[1] / (acc[0] - middle) - first;
    (second + first) * (acc[0] - middle) === 2 * acc[1];
    out[0] <== second * second - MONTGOMERY_A() - acc[0] - middle;
    out[1] <== second * (acc[0] - out[0]) - acc[1];
}
