// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "key-root.circom";

// The statement of `CommitteeMedian`, proven with nothing of this project's but the key root: signatures are circomlib's EdDSA over Poseidon, the
// median is counted with comparators, and the packed input is put together from bits.
//
// It is the reference: tests hold the fast circuit to it, statement by statement. It takes twice the constraints, and its
// signatures are of another kind, though by the same keys.
template CommitteeReference(n) {
    signal input keyRoot;
    signal input ctx;
    signal input packed;
    signal input present[n];
    signal input ax[n];
    signal input ay[n];
    signal input values[n];
    signal input s[n];
    signal input rx[n];
    signal input ry[n];

    // 128 bits of result, 8 of count, n of bitmap.
    signal bits[136 + n] <== Num2Bits(136 + n)(packed);
    var result = 0;
    for (var i = 0; i < 128; i++) result += bits[i] * 2 ** i;
    var count = 0;
    for (var i = 0; i < 8; i++) count += bits[128 + i] * 2 ** i;

    signal keys[n];
    signal messages[n];
    signal isBelow[n];
    signal isAtMost[n];
    signal countsBelow[n];
    signal countsAtMost[n];
    var members = 0;
    var below = 0;
    var atMost = 0;
    for (var i = 0; i < n; i++) {
        present[i] === bits[136 + i];
        members += present[i];

        keys[i] <-- (1 + ay[i]) / (1 - ay[i]);
        keys[i] * (1 - ay[i]) === 1 + ay[i];
        messages[i] <== Poseidon(2)([ctx, values[i]]);
        EdDSAPoseidonVerifier()(present[i], ax[i], ay[i], s[i], rx[i], ry[i], messages[i]);

        _ <== Num2Bits(128)(values[i]);
        isBelow[i] <== LessThan(128)([values[i], result]);
        isAtMost[i] <== LessEqThan(128)([values[i], result]);
        countsBelow[i] <== isBelow[i] * present[i];
        countsAtMost[i] <== isAtMost[i] * present[i];
        below += countsBelow[i];
        atMost += countsAtMost[i];
    }
    count === members;
    signal root <== KeyRoot(n)(keys);
    keyRoot === root;

    // At most floor((k - 1) / 2) are below, and more than that are not above; with k = 0 nothing is more than nothing.
    signal fewBelow <== LessThan(8)([2 * below, members]);
    signal manyAtMost <== LessEqThan(8)([members, 2 * atMost]);
    fewBelow === 1;
    manyAtMost === 1;
}
