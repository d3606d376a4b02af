// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../../../circuits/lib/bits.circom";
include "../../../circuits/lib/challenge.circom";

template Case() {
    signal input hash;
    signal input e;

    _ <== Bits(128)(e);
    ChallengeOf()(hash, e);
}

component main = Case();
