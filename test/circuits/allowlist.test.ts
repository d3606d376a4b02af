/** The circuit of examples/circuit-allowlist. */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AllowList, DEPTH, memberOf, nullifierOf } from '../../examples/circuit-allowlist/inputs.ts'
import { hasBinding, inputsOf } from '../../src/core/circuit/manifest.ts'
import { concat, toBytesBE } from '../../src/crypto/bytes.ts'
import { poseidon } from '../../src/crypto/poseidon.ts'
import { FIELD_ORDER } from '../../src/crypto/scalar-field.ts'
import { type TestedCircuit, testedCircuit } from './circuit.ts'

const SECRETS = [11n, 22n, 33n, 44n, FIELD_ORDER - 55n]
const LIST = new AllowList(SECRETS.map(memberOf))
const SCOPE = 0x5c0n
const BINDING = 0xb1n

describe('a member of a private list', () => {
  let circuit: TestedCircuit
  before(async () => {
    circuit = await testedCircuit('allowlist')
  })
  const inputs = (index: number) => LIST.inputs(index, SECRETS[index] ?? 0n, SCOPE, BINDING)

  it('proves being on it from each place, by a nullifier of the scope', () => {
    for (const [index, secret] of SECRETS.entries())
      assert.deepEqual(circuit.accepts(inputs(index)), [
        nullifierOf(SCOPE, secret),
        LIST.root,
        SCOPE,
        BINDING,
      ])
  })

  it('has one nullifier in a scope, and another in another', () => {
    const [secret = 0n] = SECRETS
    const elsewhere = LIST.inputs(0, secret, SCOPE + 1n, BINDING)
    const [here] = circuit.accepts(inputs(0))
    assert.notEqual(circuit.accepts(elsewhere)[0], here)
    assert.equal(circuit.accepts({ ...inputs(0), binding: [BINDING + 1n] })[0], here)
    const witness = circuit.witness(inputs(0))
    assert.equal(witness[1], here)
  })

  it('has no proof with another’s place, another secret or another list', () => {
    circuit.rejects({ ...inputs(0), index: [1n] }, /AllowList/)
    circuit.rejects({ ...inputs(0), secret: [12n] }, /AllowList/)
    circuit.rejects({ ...inputs(0), root: [LIST.root + 1n] }, /AllowList/)
    circuit.rejects(new AllowList([memberOf(1n)]).inputs(0, 11n, SCOPE, BINDING), /AllowList/)
  })

  it('is not made up from an inner node, or by an index that is no 20 bits', () => {
    // The node above the first two, as if it were a leaf one level up.
    const siblings = LIST.siblings(0)
    const inner = poseidon([memberOf(11n), memberOf(22n)])
    circuit.rejects({ ...inputs(0), secret: [inner], siblings: [...siblings.slice(1), 0n] }, /AllowList/)
    circuit.rejects({ ...inputs(0), index: [1n << BigInt(DEPTH)] }, /Num2Bits/)
    circuit.rejects({ ...inputs(0), index: [FIELD_ORDER - 1n] }, /Num2Bits/)
  })

  it('is asked for by two words of a request, and bound to who is paid', () => {
    assert.equal(hasBinding(circuit.manifest), true)
    const { secret = [], index = [], siblings = [] } = inputs(2)
    const named = inputsOf(circuit.manifest, {
      request: concat(toBytesBE(LIST.root, 32), toBytesBE(SCOPE, 32)),
      binding: BINDING,
      private: { secret, index, siblings },
    })
    assert.deepEqual(circuit.accepts(named), circuit.accepts(inputs(2)))
  })

  it('leaves no wire free but the sign of the binding, an input', () => {
    // A proof is made for one of the two, and is none for the other: to make that takes what is private.
    const witness = circuit.witness(inputs(3))
    assert.deepEqual(circuit.free(witness), ['binding'])
    assert.equal(circuit.freedom(witness), 0)
  })
})
