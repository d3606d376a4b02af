// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../lib/committee-reference.circom";

component main {public [keyRoot, ctx, packed]} = CommitteeReference(4);
