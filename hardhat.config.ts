import { createRequire } from 'node:module'
import hardhatToolboxViem from '@nomicfoundation/hardhat-toolbox-viem'
import { defineConfig } from 'hardhat/config'

/** The compiler as a WebAssembly file from npm: no download, the same bytes on every machine. */
const compilerFor = (runs: number) =>
  ({
    version: '0.8.37',
    path: createRequire(import.meta.url).resolve('solc/soljson.js'),
    settings: { evmVersion: 'osaka', viaIR: true, optimizer: { enabled: true, runs } },
  }) as const

/** Code that counts what it runs (scripts/coverage.ts): larger, and inlined as little as can be, or its stack is too deep. */
const isCounting = process.env.DIKAST_COVERAGE !== undefined

/** For gas, all of it: what outgrows EIP-170's 24,576 bytes is cut in two (docs/adr/0019). */
const profile = { compilers: [compilerFor(isCounting ? 1 : 1_000_000)] }

/** How long the invariants of test/contracts are tried: short here, long in `npm run test:slow`. */
const invariantRuns = Number(process.env.DIKAST_INVARIANT_RUNS ?? 12)
const invariantDepth = Number(process.env.DIKAST_INVARIANT_DEPTH ?? 60)

export default defineConfig({
  plugins: [hardhatToolboxViem],
  // A move of a handler that reverts fails its test: each says itself what must not succeed.
  test: {
    solidity: { invariant: { runs: invariantRuns, depth: invariantDepth, failOnRevert: true } },
  },
  solidity: {
    profiles: { default: profile, production: profile },
    // The consumer of test/contracts/functions-adapter.test.ts, as its authors publish it.
    npmFilesToBuild: ['@chainlink/contracts/src/v0.8/functions/v1_0_0/example/FunctionsClientExample.sol'],
  },
  paths: {
    sources: ['contracts', 'examples'],
    tests: { solidity: 'test/contracts', nodejs: 'test/contracts' },
    ignition: 'scripts/ignition',
  },
  networks: {
    // In process, for tests and gas figures.
    default: {
      type: 'edr-simulated',
      chainType: 'l1',
      hardfork: 'osaka',
      allowBlocksWithSameTimestamp: true,
      allowUnlimitedContractSize: isCounting,
    },
    // `hardhat node`: a transaction is mined at once, and a block every second carries the clock forward.
    node: {
      type: 'edr-simulated',
      chainType: 'l1',
      hardfork: 'osaka',
      allowBlocksWithSameTimestamp: true,
      mining: { auto: true, interval: 1000 },
    },
  },
})
