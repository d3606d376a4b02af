/**
 * One step of a ceremony, in a process that ends with it: snarkjs leaves threads behind, and what a contributor must forget is gone
 * with the process's memory. What it is told comes over its channel: arguments could be read by everybody on the machine.
 */
import * as snarkjs from 'snarkjs'
import type { CeremonyStep, FromCeremony } from './ceremony-messages.ts'

const DETAIL_CHARACTERS_MAX = 500

let problem = ''
const told = (text: unknown) => send({ type: 'progress', text: String(text).replace(/\s+/g, ' ').trim() })
const logger = {
  debug: told,
  info: told,
  warn: told,
  error: (text: unknown) => {
    problem = String(text)
    told(text)
  },
}
// It says some of what is wrong in no other way.
console.log = logger.error

function send(message: FromCeremony): void {
  process.send?.(message)
}

async function perform(step: CeremonyStep): Promise<{ readonly isDone: boolean; readonly value?: unknown }> {
  const { powersOfTau, zKey } = snarkjs
  switch (step.type) {
    case 'start':
      return { isDone: isDigest(await zKey.newZKey(step.constraints, step.powers, step.to, logger)) }
    case 'contribute':
      return { isDone: isDigest(await zKey.contribute(step.from, step.to, step.name, step.entropy, logger)) }
    case 'beacon': {
      const { from, to, value, iterationsLog } = step
      return {
        isDone: isDigest(await zKey.beacon(from, to, 'beacon', value.slice(2), iterationsLog, logger)),
      }
    }
    case 'verifyPowers':
      return { isDone: (await powersOfTau.verify(step.powers, logger)) === true }
    case 'verifyKey': {
      const { constraints, powers, provingKey } = step
      return { isDone: (await zKey.verifyFromR1cs(constraints, powers, provingKey, logger)) === true }
    }
    case 'exportKey':
      return { isDone: true, value: await zKey.exportVerificationKey(step.provingKey) }
  }
}

/** It answers -1 or false when it refuses. */
function isDigest(answer: unknown): boolean {
  return answer instanceof Uint8Array
}

process.once('message', (step: CeremonyStep) => {
  perform(step)
    .then(
      ({ isDone, value }): FromCeremony =>
        isDone
          ? { type: 'ended', verdict: 'yes', detail: '', value }
          : { type: 'ended', verdict: 'no', detail: problem.slice(0, DETAIL_CHARACTERS_MAX) },
      // Of a file that is not what it should be it throws whatever comes of that.
      (error: unknown): FromCeremony => ({
        type: 'ended',
        verdict: 'no',
        detail: String(error).slice(0, DETAIL_CHARACTERS_MAX),
      }),
    )
    .then((message) => process.send?.(message, () => process.exit(0)))
})
process.on('disconnect', () => process.exit(1))
