/** How a guest's end becomes a process's. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { adviceOn, processExitOf, RUN_EXIT } from '../../../src/apps/cli/exit-advice.ts'
import { EXIT } from '../../../src/core/wasm/exit.ts'
import { ROOT } from './support/run.ts'

describe('the exit code of `dikast run`', () => {
  it('is the guest’s own, and one for each kind of end that is not its own', () => {
    for (const code of [0, 1, 250, 255]) assert.equal(processExitOf(code), code)
    const told = new Map(Object.entries(EXIT).map(([name, exit]) => [name, processExitOf(exit)]))
    for (const name of ['unreachable', 'memoryOutOfBounds', 'divideByZero', 'otherTrap'])
      assert.equal(told.get(name), RUN_EXIT.trap, name)
    for (const name of ['outOfFuel', 'stackExhausted', 'outputTooLarge', 'storageLimit'])
      assert.equal(told.get(name), RUN_EXIT.limit, name)
    assert.equal(told.get('exitCodeTooLarge'), RUN_EXIT.exitCodeTooLarge)
    assert.equal(told.get('moduleRejected'), RUN_EXIT.rejected)
  })

  it('stands in docs/cli.md', () => {
    const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
    for (const code of Object.values(RUN_EXIT)) assert.match(page, new RegExp(`^\\| ${code} \\|`, 'm'))
  })

  it('comes with a way out of every trap and limit that can happen', () => {
    const reserved = new Set<number>([
      EXIT.nullElement,
      EXIT.unalignedAtomic,
      EXIT.otherTrap,
      EXIT.moduleRejected,
    ])
    for (const exit of Object.values(EXIT)) {
      if (exit === EXIT.ok || reserved.has(exit)) continue
      assert.ok((adviceOn(exit)?.fix ?? '').length > 10, String(exit))
    }
    assert.equal(adviceOn(3), undefined)
  })
})
