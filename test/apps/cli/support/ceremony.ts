/** A ceremony of a small circuit in a folder, at the time of two rounds of drand's quicknet that are known. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import * as snarkjs from 'snarkjs'
import { EXIT } from '../../../../src/apps/cli/exit.ts'
import { QUICKNET } from '../../../../src/crypto/drand.ts'
import { type Ended, runHere } from './run.ts'

export const SIGNATURE_1000 =
  'b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39'
export const SIGNATURE_1001 =
  'b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03f73896b25883abf2853d10337fb8fa41'
/** Seconds since 1970 at which round 1000 is out. */
export const ROUND_1000_TIME = QUICKNET.genesisTime + 999 * QUICKNET.periodSeconds

export const SUM = `pragma circom 2.2.3;
template Sum(n) {
    signal input amounts[n];
    signal input binding;
    signal input secret;
    signal output total;
    signal bound <== binding * binding;
    signal root <== secret * secret;
    var sum = root;
    for (var i = 0; i < n; i++) sum += amounts[i];
    total <== sum;
}
component main {public [amounts, binding]} = Sum(3);
`
const PRODUCT = SUM.replaceAll('Sum', 'Product').replace('secret * secret', 'secret * amounts[0]')

export type Ceremony = Awaited<ReturnType<typeof holdCeremony>>

/** Compiles the circuits and makes powers of tau of 2^6: `sum`, `product`, `powers.ptau`. */
export async function openCeremony() {
  const folder = mkdtempSync(join(tmpdir(), 'dikast-ceremony-'))
  const at = (file: string) => join(folder, file)
  writeFileSync(at('sum.circom'), SUM)
  writeFileSync(at('product.circom'), PRODUCT)
  await makePowers(folder, 'powers')
  /** As in that folder: paths end there. */
  const dikast = async (...args: readonly string[]): Promise<Ended> => {
    const before = process.cwd()
    process.chdir(folder)
    try {
      return await runHere(args)
    } finally {
      process.chdir(before)
    }
  }
  const done = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await dikast(...args)
    assert.equal(ended.code, EXIT.ok, `${args.join(' ')}\n${ended.out}${ended.err}`)
    return ended
  }
  for (const name of ['sum', 'product']) await done('circuit', 'compile', `${name}.circom`)
  return {
    folder,
    at,
    dikast,
    done,
    bytes: (file: string) => new Uint8Array(readFileSync(at(file))),
    write: (file: string, bytes: Uint8Array | string) => writeFileSync(at(file), bytes),
    json: (file: string) => JSON.parse(readFileSync(at(file), 'utf8')),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** From nothing to `sum.zkey` and `ceremony.json`: Alice, Bob, round 1000. The clock is set for as long as it takes. */
export async function holdCeremony() {
  const world = await openCeremony()
  const { done } = world
  mock.timers.enable({ apis: ['Date'], now: (ROUND_1000_TIME - 300) * 1000 })
  try {
    const pin = ['--ptau-hash', sha256Of(world.bytes('powers.ptau'))]
    await done('circuit', 'setup', 'sum.r1cs', '--ptau', 'powers.ptau', ...pin, '--round', '1000')
    mock.timers.setTime((ROUND_1000_TIME - 200) * 1000)
    await done('circuit', 'contribute', 'sum-0.zkey', 'sum-1.zkey', '--name', 'Alice')
    mock.timers.setTime((ROUND_1000_TIME - 100) * 1000)
    world.write('dice', '4 2 6 6 1')
    await done(
      'circuit',
      'contribute',
      'sum-1.zkey',
      'sum-2.zkey',
      '--name',
      'Bob, Zürich',
      '--entropy',
      'dice',
    )
    mock.timers.setTime(ROUND_1000_TIME * 1000)
    await done(
      'circuit',
      'beacon',
      'sum-2.zkey',
      'sum.zkey',
      '--round',
      '1000',
      '--signature',
      SIGNATURE_1000,
    )
  } finally {
    mock.timers.reset()
  }
  return world
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** For 64 constraints; `-0` of it is not prepared. */
export async function makePowers(folder: string, name: string): Promise<void> {
  const curve = await snarkjs.curves.getCurveFromName('bn128')
  const [empty, raw, made] = ['-00', '-0', ''].map((part) => join(folder, `${name}${part}.ptau`)) as [
    string,
    string,
    string,
  ]
  try {
    await snarkjs.powersOfTau.newAccumulator(curve, 6, empty)
    await snarkjs.powersOfTau.contribute(empty, raw, name, name)
    await snarkjs.powersOfTau.preparePhase2(raw, made)
  } finally {
    await curve.terminate()
  }
}
