/** What every prover does. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ProofPhase, type Prover, ProverError, type ProverFailure } from '../../../src/ports/prover.ts'
import { PROOF_BYTES } from '../../../src/protocol/limits.ts'
import { squares, witnessBytes } from './support/circuit.ts'
import { accepts, endSnarkjs, keyFrom, keyOf, type TestKey } from './support/proofs.ts'

export const failsWith = (reason: ProverFailure) => (error: unknown) =>
  error instanceof ProverError && error.reason === reason

export function describeProver(
  name: string,
  options: { readonly create: () => Prover; readonly checksPoints: boolean },
): void {
  describe(name, () => {
    const circuit = squares(7n, 20)
    const witness = witnessBytes(circuit.witness)
    let prover: Prover
    let key: TestKey

    before(async () => {
      prover = options.create()
      key = await keyOf(circuit)
    })
    after(async () => {
      await prover.close()
      await endSnarkjs()
    })

    it('makes proofs the reference accepts, of 256 bytes, with the public signals in order [PRV-1]', async () => {
      const made = await prover.prove({ provingKey: key.provingKey, witness })
      assert.equal(made.proof.length, PROOF_BYTES)
      assert.deepEqual(made.publicSignals, [circuit.witness[1]])
      assert.equal(await accepts(key.file, made), true)
      assert.equal(await accepts(key.file, { ...made, publicSignals: [1n] }), false)
    })

    it('makes another proof of the same witness each time [PRV-2]', async () => {
      const job = { provingKey: key.provingKey, witness }
      const [first, second] = [await prover.prove(job), await prover.prove(job)]
      assert.notDeepEqual(first.proof, second.proof)
      assert.equal(await accepts(key.file, second), true)
    })

    it('reads a key it still holds no second time [PRV-5]', async () => {
      const reads = key.reads
      await prover.prove({ provingKey: key.provingKey, witness })
      assert.equal(key.reads, reads)
    })

    it('makes no proof anyone accepts of a witness that breaks a constraint [PRV-3]', async () => {
      for (const wire of [1, 5, 20]) {
        const wrong = witnessBytes(circuit.witness.with(wire, (circuit.witness[wire] as bigint) + 1n))
        assert.equal(
          await accepts(key.file, await prover.prove({ provingKey: key.provingKey, witness: wrong })),
          false,
        )
      }
    })

    it('tells of its phases in order, the witness first when it is made in time', async () => {
      const phases: ProofPhase[] = []
      const fresh = await keyOf(squares(7n, 21))
      const made = async () => witnessBytes(squares(7n, 21).witness)
      await prover.prove(
        { provingKey: fresh.provingKey, witness: made },
        { onProgress: (phase) => phases.push(phase) },
      )
      assert.deepEqual(
        phases.filter((phase) => phase !== 'sums'),
        ['witness', 'key', 'quotient', 'done'],
      )
    })

    it('proves circuits of every size from one constraint on', async () => {
      for (const steps of [1, 2, 3, 5, 33]) {
        const small = squares(BigInt(steps) + 2n, steps)
        const { file, provingKey } = await keyOf(small)
        assert.equal(
          await accepts(file, await prover.prove({ provingKey, witness: witnessBytes(small.witness) })),
          true,
        )
      }
    })

    it('proves of witnesses that are zero, one, and the largest there is', async () => {
      for (const x of [0n, 1n, -1n]) {
        const edge = squares(x, 20)
        const made = await prover.prove({ provingKey: key.provingKey, witness: witnessBytes(edge.witness) })
        assert.equal(await accepts(key.file, made), true)
      }
    })

    it('serves jobs that come at once, each its own proof', async () => {
      const others = [2n, 3n, 4n].map((x) => squares(x, 20))
      const proofs = await Promise.all(
        others.map((each) =>
          prover.prove({ provingKey: key.provingKey, witness: witnessBytes(each.witness) }),
        ),
      )
      for (const [i, proof] of proofs.entries()) {
        assert.deepEqual(proof.publicSignals, [others[i]?.witness[1]])
        assert.equal(await accepts(key.file, proof), true)
      }
    })

    it('refuses a witness of another length, or whose first value is not 1 [PRV-3]', async () => {
      const prove = (values: Uint8Array) => prover.prove({ provingKey: key.provingKey, witness: values })
      for (const wrong of [
        witness.slice(32),
        witness.slice(1),
        new Uint8Array(),
        Buffer.concat([witness, new Uint8Array(32)]),
      ])
        await assert.rejects(prove(wrong), failsWith('witness-length'))
      await assert.rejects(prove(witnessBytes(circuit.witness.with(0, 2n))), failsWith('witness-length'))
    })

    it('refuses a value that is not below the order of the field [PRV-3]', async () => {
      const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
      for (const value of [r, r + 1n, 2n ** 256n - 1n])
        await assert.rejects(
          prover.prove({ provingKey: key.provingKey, witness: witnessBytes(circuit.witness.with(3, value)) }),
          failsWith('witness-range'),
        )
    })

    it('refuses a key that is cut short anywhere, or not the bytes of its hash, and goes on [PRV-5] [PRV-6]', async () => {
      for (let length = 0; length < key.file.length; length += 331) {
        const { provingKey } = keyFrom(key.file.slice(0, length))
        await assert.rejects(prover.prove({ provingKey, witness }), failsWith('malformed-key'))
      }
      const other = await keyOf(squares(7n, 6))
      const swapped = { hash: other.provingKey.hash, read: async () => key.file }
      await assert.rejects(prover.prove({ provingKey: swapped, witness }), failsWith('malformed-key'))
      assert.equal(await accepts(key.file, await prover.prove({ provingKey: key.provingKey, witness })), true)
    })

    it('refuses a key whose sections are of other lengths than its header says [PRV-6]', async () => {
      // Wires, public signals and the domain, each one off; and each section's length.
      const places = [12 + 12 + 4 + 12 + 72, 12 + 12 + 4 + 12 + 76, 12 + 12 + 4 + 12 + 80]
      let at = 12
      const view = new DataView(key.file.buffer, key.file.byteOffset)
      for (let section = 0; section < 10; section++) {
        places.push(at + 4)
        at += 12 + Number(view.getBigUint64(at + 4, true))
      }
      for (const place of places) {
        for (const flip of [1, 0x80]) {
          const wrong = key.file.slice()
          wrong[place] = (wrong[place] as number) ^ flip
          await assert.rejects(
            prover.prove({ provingKey: keyFrom(wrong).provingKey, witness }),
            failsWith('malformed-key'),
          )
        }
      }
    })

    if (options.checksPoints)
      it('refuses a key with a coordinate, a point, a coefficient or an index that is out of its range [PRV-6]', async () => {
        const view = new DataView(key.file.buffer, key.file.byteOffset)
        let at = 12
        const starts: number[] = []
        for (let section = 0; section < 10; section++) {
          starts.push(at + 12)
          at += 12 + Number(view.getBigUint64(at + 4, true))
        }
        const change = (place: number, bytes: readonly number[]) => {
          const wrong = key.file.slice()
          wrong.set(bytes, place)
          return keyFrom(wrong).provingKey
        }
        const section = (number: number) => starts[number - 1] as number
        const largest = new Array(32).fill(0xff)
        const wrong = [
          // α: off its curve, and none at all. Section 2 starts with the two primes and three numbers.
          change(section(2) + 84, [1]),
          change(section(2) + 84, new Array(64).fill(0)),
          // The first coefficient's matrix, row, wire and value.
          change(section(4) + 4, [2]),
          change(section(4) + 8, [0xff, 0xff, 0xff, 0x7f]),
          change(section(4) + 12, [0xff, 0xff, 0xff, 0x7f]),
          change(section(4) + 16, largest),
          // A coordinate that is no number of the field, and points off their curves.
          change(section(5) + 128, largest),
          ...[5, 6, 7, 8, 9].map((number) => change(section(number) + (number === 7 ? 256 : 128), [1, 2, 3])),
        ]
        for (const provingKey of wrong)
          await assert.rejects(prover.prove({ provingKey, witness }), failsWith('malformed-key'))
      })

    it('gives up when told to, before and while it proves, and goes on with others [PRV-10]', async () => {
      const job = { provingKey: key.provingKey, witness }
      await assert.rejects(prover.prove(job, { signal: AbortSignal.abort() }), failsWith('cancelled'))
      const cancelling = new AbortController()
      const onProgress = (phase: ProofPhase) => {
        if (phase === 'quotient') cancelling.abort()
      }
      await assert.rejects(
        prover.prove(job, { signal: cancelling.signal, onProgress }),
        failsWith('cancelled'),
      )
      assert.equal(await accepts(key.file, await prover.prove(job)), true)
    })

    it('passes on what the witness and the key fail with', async () => {
      const failing = async (): Promise<Uint8Array> => {
        throw new RangeError('no such file')
      }
      await assert.rejects(prover.prove({ provingKey: key.provingKey, witness: failing }), RangeError)
      const hash = `0x${'11'.repeat(32)}` as const
      await assert.rejects(prover.prove({ provingKey: { hash, read: failing }, witness }), RangeError)
      assert.equal(await accepts(key.file, await prover.prove({ provingKey: key.provingKey, witness })), true)
    })

    it('works beside another prover, and refuses work once it is closed [PRV-11]', async () => {
      const beside = options.create()
      const job = { provingKey: key.provingKey, witness }
      const proofs = await Promise.all([beside.prove(job), prover.prove(job)])
      for (const proof of proofs) assert.equal(await accepts(key.file, proof), true)
      await beside.close()
      await assert.rejects(beside.prove(job), failsWith('closed'))
    })
  })
}
