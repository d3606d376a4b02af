// SPDX-License-Identifier: MIT
// Public: y (output), x (input). Enforced: y = x^3 + x + 5. Two constraints.
pragma circom 2.2.0;

template Cube() {
    signal input x;
    signal output y;
    signal square <== x * x;
    y <== square * x + x + 5;
}

component main {public [x]} = Cube();
