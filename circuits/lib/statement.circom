// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// What a committee's proof says in one public input, as a contract composes it:
//
//   packed = result + 2^128 count + 2^136 bitmap
//
// Bit i of the bitmap is slot i's; `count` is the number of bits set. The whole is below 2^(136 + n) < r.
//
// Enforced: bits are 0 or 1, and with `result` make up `packed`. The user enforces that `result` is below 2^128: then the three parts are
// the contract's, each of them, since two such sums that are equal modulo r are equal.
// Size: n and the sum.
template Statement(n) {
    assert(n <= 64);
    signal input packed;
    signal input result;
    signal input present[n];

    var bitmap = 0;
    var sum = 0;
    for (var i = 0; i < n; i++) {
        present[i] * (present[i] - 1) === 0;
        bitmap += present[i] * 2 ** i;
        sum += present[i];
    }
    packed === result + 2 ** 128 * sum + 2 ** 136 * bitmap;
}
