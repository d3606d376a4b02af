// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.0;

include "chain.circom";

component main { public [seed] } = Chain(17);
