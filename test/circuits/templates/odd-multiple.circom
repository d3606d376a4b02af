// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/bits.circom";
include "../../../circuits/lib/odd-multiple.circom";

// Small, so that every multiple can be looked at: (2^6 + 2 e + 1) P.
template Case() {
    signal input point[2];
    signal input e;
    signal output out[2];

    signal bits[6] <== Bits(6)(e);
    out <== OddMultiple(6)(point, bits);
}

component main = Case();
