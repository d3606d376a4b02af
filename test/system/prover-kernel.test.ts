import assert from 'node:assert/strict'
import { it } from 'node:test'
import { buildKernel, CLANG_VERSION, clangVersion } from '../../scripts/prover-kernel.ts'
import { KERNEL_BASE64 } from '../../src/adapters/prover/kernel-binary.ts'

const found = clangVersion()
const skip =
  found === CLANG_VERSION ? false : `clang ${CLANG_VERSION} is not installed, but ${found ?? 'none'}`

it(`compiles the prover's kernel with clang ${CLANG_VERSION} to the bytes that are checked in [PRV-13]`, {
  skip,
}, () => {
  assert.equal(Buffer.from(buildKernel()).toString('base64'), KERNEL_BASE64)
})
