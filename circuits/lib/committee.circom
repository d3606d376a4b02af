// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "key-root.circom";
include "median.circom";
include "schnorr.circom";
include "statement.circom";

// The observations of a standing committee of n members, each signed by its member, single ones private.
//
// A slot that is absent is signed by the base point as its key: anybody can do that, and its value counts for nothing. So every slot is
// checked by the same constraints.
//
// Enforced: `keyRoot` is that of `keys`; the key of a present slot signed its value for `ctx`. Size: 1 a slot, signatures, the root.
template SignedObservations(n) {
    signal input keyRoot;
    signal input ctx;
    signal input present[n];
    signal input keys[n];
    signal input vs[n];
    signal input values[n];
    signal input challenges[n];
    signal input digits[n];

    signal root <== KeyRoot(n)(keys);
    keyRoot === root;

    var base[2] = BASE();
    signal signers[n];
    for (var i = 0; i < n; i++) {
        signers[i] <== base[0] + present[i] * (keys[i] - base[0]);
        SchnorrSignature()(signers[i], vs[i], ctx, values[i], challenges[i], digits[i]);
    }
}

// A committee's median: `packed` is composed of the lower median of the values of members who are present, how many they are, and who.
//
// Public: keyRoot, ctx, packed. Private: everything else.
// NOT enforced here: that the root is a committee's, that ctx is the request's, and that enough members are present; the contract does.
// Nor that the members who are left out did not sign: whoever proves chooses among the signatures, as with any certificate.
template CommitteeMedian(n) {
    signal input keyRoot;
    signal input ctx;
    signal input packed;
    signal input present[n];
    signal input keys[n];
    signal input vs[n];
    signal input values[n];
    signal input challenges[n];
    signal input digits[n];
    signal input chosen[n];
    signal input above[n];

    signal median <== LowerMedian(n)(present, values, chosen, above);
    Statement(n)(packed, median, present);
    SignedObservations(n)(keyRoot, ctx, present, keys, vs, values, challenges, digits);
}

// The same as a function that a contract asks: what a proof says is its output, `result` is given by whoever proves.
//
// Public: packed (the output), keyRoot, ctx. Enforced by `CommitteeMedian`: that `result`, and so `packed`, is the median's and no other.
// Enforced here: that more than half of the slots are present, so that whoever is drawn to prove cannot end a request with fewer, and be paid.
template CommitteeFeed(n) {
    signal input keyRoot;
    signal input ctx;
    signal input result;
    signal input present[n];
    signal input keys[n];
    signal input vs[n];
    signal input values[n];
    signal input challenges[n];
    signal input digits[n];
    signal input chosen[n];
    signal input above[n];
    signal output packed;

    var statement = result;
    for (var i = 0; i < n; i++) statement += present[i] * (2 ** 128 + 2 ** (136 + i));
    packed <== statement;
    var count = 0;
    for (var i = 0; i < n; i++) count += present[i];
    // Of at most n < 2^5 less what is more than half of it: no negative number has five bits.
    assert(n < 32);
    _ <== Bits(5)(count - (n \ 2 + 1));
    CommitteeMedian(n)(keyRoot, ctx, packed, present, keys, vs, values, challenges, digits, chosen, above);
}

// A quorum of one value: every member who is present signed `packed`'s result. How many are enough is the contract's to say.
//
// Public: keyRoot, ctx, packed. Private: everything else. Absent slots are signed, by the base point, for the same value.
template CommitteeQuorum(n) {
    signal input keyRoot;
    signal input ctx;
    signal input packed;
    signal input present[n];
    signal input keys[n];
    signal input vs[n];
    signal input value;
    signal input challenges[n];
    signal input digits[n];

    _ <== Bits(128)(value);
    Statement(n)(packed, value, present);
    signal values[n];
    for (var i = 0; i < n; i++) values[i] <== value;
    SignedObservations(n)(keyRoot, ctx, present, keys, vs, values, challenges, digits);
}
