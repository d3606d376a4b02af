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

  export interface Logger {
    debug(text: unknown): void
    info(text: unknown): void
    warn(text: unknown): void
    error(text: unknown): void
  }

  /** Files by path. What makes a file answers with a digest, or with -1 or false when it refuses. */
  export const zKey: {
    newZKey(constraints: string, powers: string, to: string, logger?: Logger): Promise<unknown>
    contribute(from: string, to: string, name: string, entropy: string, logger?: Logger): Promise<unknown>
    beacon(
      from: string,
      to: string,
      name: string,
      value: string,
      iterationsLog: number,
      logger?: Logger,
    ): Promise<unknown>
    verifyFromR1cs(constraints: string, powers: string, provingKey: string, logger?: Logger): Promise<boolean>
    exportVerificationKey(provingKey: Uint8Array | string): Promise<Readonly<Record<string, unknown>>>
  }

  export const powersOfTau: {
    newAccumulator(curve: Curve, power: number, to: string, logger?: Logger): Promise<unknown>
    contribute(from: string, to: string, name: string, entropy: string, logger?: Logger): Promise<unknown>
    preparePhase2(from: string, to: string, logger?: Logger): Promise<unknown>
    verify(powers: string, logger?: Logger): Promise<boolean>
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
    getCurveFromName(name: 'bn128'): Promise<Curve>
  }

  export interface Curve {
    terminate(): Promise<void>
  }
}
