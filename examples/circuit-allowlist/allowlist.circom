// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";

// Somebody on a list acts once in a scope, and nobody sees who.
//
//   leaf      = poseidon(secret)
//   node      = poseidon(left, right)
//   nullifier = poseidon(1, scope, secret)
//
// Hashes of one, two and three inputs are of three functions, so a leaf is no node and neither is a nullifier.
//
// Public: nullifier | root, scope, binding. Private: secret, index, siblings[depth].
// Enforced: the leaf of the secret stands at `index` under the root; each bit of the index is 0 or 1 (else a "path" could mix a node of
// itself); the nullifier is the secret's in this scope. `binding` is who is paid, filled by the network; the square keeps it in the proof.
// NOT enforced here: that the root is your list's, and that the nullifier is new. The contract checks both.
template AllowList(depth) {
    signal input root;
    signal input scope;
    signal input binding;
    signal input secret;
    signal input index;
    signal input siblings[depth];
    signal output nullifier;

    signal bindingSquare <== binding * binding;
    nullifier <== Poseidon(3)([1, scope, secret]);

    signal isRight[depth] <== Num2Bits(depth)(index);
    signal node[depth + 1];
    signal swapped[depth];
    node[0] <== Poseidon(1)([secret]);
    for (var i = 0; i < depth; i++) {
        // 0 where the node is the left child, the difference where it is the right.
        swapped[i] <== isRight[i] * (siblings[i] - node[i]);
        node[i + 1] <== Poseidon(2)([node[i] + swapped[i], siblings[i] - swapped[i]]);
    }
    root === node[depth];
}

component main {public [root, scope, binding]} = AllowList(20);
