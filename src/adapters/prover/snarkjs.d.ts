/** The part of snarkjs that is used; it comes without types. */
declare module 'snarkjs' {
  export interface Groth16Proof {
    readonly pi_a: readonly string[]
    readonly pi_b: readonly (readonly string[])[]
    readonly pi_c: readonly string[]
  }

  export const groth16: {
    /** Files as bytes, or by path. */
    prove(
      provingKey: Uint8Array | string,
      witness: Uint8Array | string,
    ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly string[] }>
    fullProve(
      inputs: Readonly<Record<string, unknown>>,
      calculator: Uint8Array | string,
      provingKey: Uint8Array | string,
    ): Promise<{ readonly proof: Groth16Proof; readonly publicSignals: readonly string[] }>
    verify(verificationKey: unknown, publicSignals: readonly string[], proof: Groth16Proof): Promise<boolean>
  }

  export const zKey: {
    exportVerificationKey(provingKey: Uint8Array | string): Promise<Readonly<Record<string, unknown>>>
  }

  export const wtns: {
    calculate(
      inputs: Readonly<Record<string, unknown>>,
      calculator: Uint8Array | string,
      into: { readonly type: 'mem'; data?: Uint8Array },
    ): Promise<void>
  }

  export const curves: {
    /** One curve a process; its threads keep the process alive until `terminate`. */
    getCurveFromName(name: 'bn128'): Promise<{ terminate(): Promise<void> }>
  }
}
