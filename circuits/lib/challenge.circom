// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// `e`, a number below 2^128, is the low 128 bits of `hash`: hash = e + 2^128 q.
//
// Enforced: the 126 bits of q are 0 or 1, and not both of the two highest are 1: so e + 2^128 q is below 3 * 2^252 < r, and is the one
// number that is the hash. A hash from 3 * 2^252 on (0.8 % of all) has no challenge, so the signer takes another nonce.
// Without this a hash h below 2^254 - r could be written as h + r, which has another challenge.
// Assumed: e is below 2^128; the user has its bits.
// Size: 126 + 1.
template ChallengeOf() {
    signal input hash;
    signal input e;

    signal high[126];
    var q = 0;
    for (var i = 0; i < 126; i++) {
        high[i] <-- (hash >> (128 + i)) & 1;
        high[i] * (high[i] - 1) === 0;
        q += high[i] * 2 ** i;
    }
    high[125] * high[124] === 0;
    hash === e + 2 ** 128 * q;
}
