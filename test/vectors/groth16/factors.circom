// SPDX-License-Identifier: MIT
// Public: isOne (output), product (input), binding. Private: p, q. Enforced: p * q = product, isOne tells whether p is 1.
// Not enforced: that p and q are integers below the field's order as such; the network refuses inputs that are not.
// The binding is in a constraint of its own: without one its point in the key would be infinity, and any binding would do.
pragma circom 2.2.0;

template Factors() {
    signal input product;
    signal input binding;
    signal input p;
    signal input q;
    signal output isOne;
    product === p * q;
    signal inverse <-- p == 1 ? 0 : 1 / (p - 1);
    isOne <== 1 - (p - 1) * inverse;
    isOne * (p - 1) === 0;
    signal bindingSquare <== binding * binding;
}

component main {public [product, binding]} = Factors();
