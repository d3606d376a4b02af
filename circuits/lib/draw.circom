// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";

// A committee's draw, proven: what it would take to keep the draw off the chain. Nothing uses it (docs/adr/0027); it is here to be measured
// (test/bench/draw-proof.ts).
//
// The chain draws by Keccak, which is some 150,000 constraints a hash here. So this draw is by Poseidon, over a tree of Poseidon of the
// same nodes: as cheap as a proof can have it.

// One seat: the point that `seed` and `number` draw below `total` lies in the range of weights of the leaf that is shown.
//
// Leaf: poseidon(attestor, from + 2^64 to). Enforced: point = poseidon(seed, number) mod 2^128 mod total; from <= point < to; the leaf
// is the one of `index` below `tree`. Size: 4,200 at a depth of 12.
template DrawnSeat(depth) {
    signal input seed;
    signal input number;
    signal input tree;
    signal input total;
    signal input index;
    signal input attestor;
    signal input from;
    signal input to;
    signal input siblings[depth];

    signal hash <== Poseidon(2)([seed, number]);
    signal bits[254] <== Num2Bits_strict()(hash);
    var low = 0;
    for (var i = 0; i < 128; i++) low += bits[i] * 2 ** i;
    signal drawn <== low;
    signal quotient <-- drawn \ total;
    signal point <-- drawn % total;
    _ <== Num2Bits(128)(quotient);
    _ <== Num2Bits(64)(point);
    quotient * total === drawn - point;
    signal isBelowTotal <== LessThan(64)([point, total]);
    isBelowTotal === 1;
    _ <== Num2Bits(64)(from);
    _ <== Num2Bits(64)(to);
    signal isFrom <== LessEqThan(64)([from, point]);
    isFrom === 1;
    signal isTo <== LessThan(64)([point, to]);
    isTo === 1;

    signal path[depth] <== Num2Bits(depth)(index);
    signal nodes[depth + 1];
    signal left[depth];
    nodes[0] <== Poseidon(2)([attestor, from + 2 ** 64 * to]);
    for (var i = 0; i < depth; i++) {
        left[i] <== nodes[i] + path[i] * (siblings[i] - nodes[i]);
        nodes[i + 1] <== Poseidon(2)([left[i], nodes[i] + siblings[i] - left[i]]);
    }
    nodes[depth] === tree;
}

// `seats` of them from one seed. Public: seed, root, and the places drawn, 21 to an input of 12 bits each.
//
// Not enforced, in the proof's favour: that no seat is drawn twice, which takes draws beyond the seats and a comparison of every two.
template Draw(seats, depth) {
    assert(depth == 12);
    var words = (seats + 20) \ 21;
    signal input seed;
    signal input root;
    signal input places[words];
    signal input tree;
    signal input total;
    signal input indices[seats];
    signal input attestors[seats];
    signal input froms[seats];
    signal input tos[seats];
    signal input siblings[seats][depth];

    signal committed <== Poseidon(2)([tree, total]);
    committed === root;
    _ <== Num2Bits(64)(total);
    for (var i = 0; i < seats; i++)
        DrawnSeat(depth)(seed, i, tree, total, indices[i], attestors[i], froms[i], tos[i], siblings[i]);
    for (var w = 0; w < words; w++) {
        var packed = 0;
        for (var i = 21 * w; i < seats && i < 21 * (w + 1); i++) packed += indices[i] * 2 ** (12 * (i - 21 * w));
        places[w] === packed;
    }
}
