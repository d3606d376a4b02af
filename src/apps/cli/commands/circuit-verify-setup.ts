import { openChain } from '../../shared/chain-access.ts'
import { readNetworkFile } from '../../shared/network-file.ts'
import { parseDigest, requiredText, textOption } from '../arguments.ts'
import { progressOf } from '../ceremony-progress.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { checkFunction, checkKeyHash } from '../setup-chain-checks.ts'
import { checkSetup } from '../setup-checks.ts'

const MARKS = { passed: '✔', failed: '✘', unchecked: '?' } as const

/** What no check here can tell. */
const BEYOND = [
  'whether contributors are several people, and forgot their randomness: ask for what they published',
  'whether the beacon was announced when the transcript says: contributors attest to its round',
  'whether the circuit means what it should: read its source',
] as const

export const run: Run = async ({ output, networkFile, rpcUrl }, _, options) => {
  const functionName = textOption(options, 'function')
  const vkHash = textOption(options, 'vkHash')
  const hash = vkHash === undefined ? undefined : parseDigest('--vk-hash', vkHash)
  const chain = functionName === undefined ? undefined : await openChain(readNetworkFile(networkFile), rpcUrl)
  const { checks, readings, transcript } = await checkSetup(
    {
      constraints: requiredText(options, 'r1cs'),
      powers: requiredText(options, 'ptau'),
      provingKey: requiredText(options, 'zkey'),
      source: textOption(options, 'source'),
      module: textOption(options, 'module'),
      transcript: textOption(options, 'transcript'),
      powersHash: textOption(options, 'ptauHash'),
      arePowersTrusted: options.trustPowers === true,
    },
    { ...progressOf(output), onCheck: (what) => output.progress(`checking: ${what}`) },
  )
  if (chain !== undefined && functionName !== undefined)
    await checkFunction(checks, readings, chain, functionName)
  if (chain === undefined || hash !== undefined) await checkKeyHash(checks, readings, hash)
  const count = (verdict: string) => checks.filter((one) => one.verdict === verdict).length
  const [failed, unchecked] = [count('failed'), count('unchecked')]
  const contributions = transcript?.contributions ?? []
  output.result(
    { ok: failed === 0 && unchecked === 0, failed, unchecked, checks, contributions, beyond: BEYOND },
    () => {
      for (const { name, verdict, detail, why } of checks) {
        output.line(
          `${MARKS[verdict]} ${name.padEnd(26)} ${verdict === 'unchecked' ? 'not checked: ' : ''}${detail}`,
        )
        output.line(`  ${''.padEnd(26)} (${why})`)
      }
      for (const [i, one] of contributions.entries())
        output.line(`  contribution ${i + 1} «${one.name}» ${one.hash}`)
      for (const what of BEYOND) output.line(`  beyond: ${what}`)
      output.line(summary(checks.length, failed, unchecked))
    },
  )
  if (failed > 0) return EXIT.no
  return unchecked > 0 ? EXIT.unchecked : EXIT.ok
}

function summary(checks: number, failed: number, unchecked: number): string {
  if (failed > 0) return `${failed} of ${checks} checks failed, ${unchecked} were not possible`
  return unchecked > 0
    ? `nothing is wrong with what could be checked; ${unchecked} of ${checks} checks were not possible`
    : `all ${checks} checks passed`
}
