/** A deployment on a chain of its own, as `npm run deploy` makes it, and the command line against it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { network as hardhat } from 'hardhat'
import { createPublicClient, createWalletClient, type Hex, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { type DeploymentRecord, deployAll } from '../../../../scripts/deploy.ts'
import { networkFileOf } from '../../../../scripts/deploy-network.ts'
import { type HandoverStep, stepHandover } from '../../../../scripts/handover.ts'
import type { DeployConfigInput } from '../../../../src/apps/shared/deploy-config.ts'
import { formatNetworkFile, type NetworkFile } from '../../../../src/apps/shared/network-file.ts'
import { toHex } from '../../../../src/crypto/bytes.ts'
import { type Ended, runHere } from './run.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'

export type Deployed = Awaited<ReturnType<typeof start>>

/** Deploys before the suites of a file, and takes the chain down after them. */
export function deployed(config: DeployConfigInput): () => Deployed {
  let world: Deployed | undefined
  before(async () => {
    world = await start(config)
  })
  after(async () => await world?.close())
  return () => {
    if (world === undefined) throw new Error('the chain was started')
    return world
  }
}

async function start(config: DeployConfigInput) {
  const server = await hardhat.createServer('default', '127.0.0.1', 0)
  const { address, port } = await server.listen()
  const rpcUrl = `http://${address}:${port}`
  const publicClient = createPublicClient({ transport: http(rpcUrl), pollingInterval: 50 })
  const walletOf = (index: number) =>
    createWalletClient({
      account: mnemonicToAccount(MNEMONIC, { addressIndex: index }),
      transport: http(rpcUrl),
      pollingInterval: 50,
    })
  const clients = { publicClient, walletClient: walletOf(0) }
  const record: DeploymentRecord = await deployAll({ ...clients, config })
  const folder = mkdtempSync(join(tmpdir(), 'dikast-deployed-'))
  const file: NetworkFile = networkFileOf(record, rpcUrl, [])
  const rpc = async (method: string, ...params: unknown[]) =>
    await publicClient.request({ method, params } as never)
  const write = (network: NetworkFile): string => {
    const path = join(folder, `network-${Math.random()}.json`)
    writeFileSync(path, formatNetworkFile(network))
    return path
  }
  const usual = write(file)
  return {
    rpcUrl,
    record,
    file,
    folder,
    publicClient,
    walletOf,
    rpc,
    /** Of a funded account; 0 deployed. */
    keyOf: (index: number): Hex => {
      const key = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey().privateKey
      if (!key) throw new Error('a mnemonic account has a private key')
      return toHex(new Uint8Array(key))
    },
    handover: (): Promise<HandoverStep> => stepHandover(clients, record),
    pass: async (seconds: number): Promise<void> => {
      await rpc('evm_increaseTime', seconds)
      await rpc('evm_mine')
    },
    /** Runs `during` and puts the chain back to what it was. */
    aside: async <T>(during: () => Promise<T>): Promise<T> => {
      const snapshot = await rpc('evm_snapshot')
      try {
        return await during()
      } finally {
        await rpc('evm_revert', snapshot)
      }
    },
    /** A command, against a changed network file if one is given. */
    dikast: (
      args: readonly string[],
      options: { readonly account?: number; readonly network?: NetworkFile } = {},
    ): Promise<Ended> => {
      const { account, network } = options
      const key = mnemonicToAccount(MNEMONIC, { addressIndex: account ?? 0 }).getHdKey().privateKey
      return runHere(args, {
        DIKAST_NETWORK: network === undefined ? usual : write(network),
        ...(account === undefined || !key ? {} : { DIKAST_KEY: toHex(new Uint8Array(key)) }),
      })
    },
    close: async (): Promise<void> => {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
