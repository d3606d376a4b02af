// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/poseidon.circom";

// keccak256("dikast.committee-keys.v1") >> 16, a domain of its own for the sponge below.
function KEYS_DOMAIN() {
    return 221116308805846945856634140609861631250568208522324591201591405428275161;
}

// The root of a committee of n keys: a sponge of Poseidon over all of them, in order, up to 15 at a time.
//
// The state's first element is the capacity. It begins as KEYS_DOMAIN * 2^8 + n, so that a list is one of just n keys; keys take
// the place of the other elements, zeros fill the last block; the capacity at the end is the root. Two lists of one root are a
// collision of 254 bits, which costs about 2^127.
// Size: 38.4 a key at 15 and 30.
template KeyRoot(n) {
    assert(n < 256);
    signal input keys[n];
    signal output out;

    var rate = n < 15 ? n : 15;
    var blocks = (n + rate - 1) \ rate;
    component steps[blocks];
    var state = KEYS_DOMAIN() * 256 + n;
    for (var b = 0; b < blocks; b++) {
        steps[b] = PoseidonEx(rate, 1);
        steps[b].initialState <== state;
        for (var i = 0; i < rate; i++) steps[b].inputs[i] <== b * rate + i < n ? keys[b * rate + i] : 0;
        state = steps[b].out[0];
    }
    out <== state;
}
