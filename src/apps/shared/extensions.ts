/**
 * The operator's extensions file as a node's commands find it, and what it says against the registration.
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type HostConfig, NO_GRANTS, readHostConfig } from '../../adapters/host/config.ts'
import { capabilityNames } from '../../core/permissions/capability.ts'
import { capabilitiesOf } from '../../core/permissions/permission.ts'
import type { Hex } from '../../protocol/types.ts'

/** Looked for in the data folder when no file is named. */
export const EXTENSIONS_FILE = 'extensions.json'
/** Given instead of a file: offer nothing, whatever lies in the data folder. */
export const NO_EXTENSIONS = 'none'

export interface Extensions {
  /** Undefined: there is none, and nothing is granted. */
  readonly file: string | undefined
  readonly config: HostConfig
  /** The set a node with this file registers. */
  readonly capabilities: Hex
}

/** Reads the file that is named, or the data folder's. Throws `InvalidInputError` and `LimitExceededError`. */
export function readExtensions(dataFolder: string, named: string | undefined): Extensions {
  const file = named === NO_EXTENSIONS ? undefined : (named ?? existingIn(dataFolder))
  const config = file === undefined ? NO_GRANTS : readHostConfig(file)
  const capabilities = capabilitiesOf(config.grants.map(({ permission }) => permission))
  return { file, config, capabilities }
}

function existingIn(dataFolder: string): string | undefined {
  const file = join(dataFolder, EXTENSIONS_FILE)
  return existsSync(file) ? file : undefined
}

export interface GrantsDiffer {
  readonly registered: readonly string[]
  readonly granted: readonly string[]
  readonly detail: string
  readonly fix: string
}

/** What to tell an operator whose file is not what was registered; undefined when it is. */
export function grantsDiffer(registered: Hex, granted: Hex): GrantsDiffer | undefined {
  if (BigInt(registered) === BigInt(granted)) return undefined
  const [before, now] = [capabilityNames(registered), capabilityNames(granted)]
  const idle = now.filter((name) => !before.includes(name))
  const lacking = before.filter((name) => !now.includes(name))
  const detail = [
    idle.length > 0 ? `granted and not registered: ${idle.join(', ')}` : undefined,
    lacking.length > 0 ? `registered and not granted: ${lacking.join(', ')}` : undefined,
  ]
  const fix =
    lacking.length > 0
      ? 'grant them again in the extensions file: functions that need them are declined here, unpaid. A registration does not change: for another set register a new node (`dikast node init` in a new folder)'
      : 'nothing is lost: functions that need them are not drawn to this node. A registration does not change: for this set register a new node (`dikast node init` in a new folder)'
  return {
    registered: before,
    granted: now,
    detail: detail.filter((part) => part !== undefined).join('; '),
    fix,
  }
}
