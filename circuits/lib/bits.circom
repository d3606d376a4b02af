// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// `in` as n bits, the lowest first.
//
// Enforced: every bit is 0 or 1, and they sum to `in`; so `in` is below 2^n, in one way only (n <= 253: 2^253 < r).
// Size: n constraints, and a sum that is substituted away.
template Bits(n) {
    assert(n <= 253);
    signal input in;
    signal output out[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * 2 ** i;
    }
    sum === in;
}
