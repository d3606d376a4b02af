import { EXIT } from '../../../core/wasm/exit.ts'
import { RunEnd } from '../wasi/abi.ts'
import { DESCRIPTORS_MAX, INODES_MAX, STORAGE_BYTES_MAX } from '../wasi/limits.ts'

const STREAMS = 3

/**
 * What a run has taken of the library's storage, by what it asked for: growth of files and new entries are never given
 * back, since the library does not tell when it lets go of them. Beyond a bound the run ends (`storageLimit`).
 */
export class Quota {
  #bytes = 0
  #entries = 0
  #descriptors: number
  #links = 0
  #linkParts = 0

  constructor(directories: number) {
    this.#descriptors = STREAMS + directories + 1
  }

  /** Names made so far: no directory has more. */
  get entries(): number {
    return this.#entries
  }

  /** The most parts that links may add to one path. */
  get linkParts(): number {
    return this.#links * this.#linkParts
  }

  grow(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > STORAGE_BYTES_MAX) throw new RunEnd(EXIT.storageLimit)
  }

  addEntry(): void {
    if (++this.#entries > INODES_MAX) throw new RunEnd(EXIT.storageLimit)
  }

  /** The library follows each link at most `LINKS_FOLLOWED` times in one path. */
  addLink(parts: number): void {
    const LINKS_FOLLOWED = 128
    this.#links = Math.min(this.#links + 1, LINKS_FOLLOWED)
    this.#linkParts = Math.max(this.#linkParts, parts)
  }

  opened(): void {
    if (++this.#descriptors > DESCRIPTORS_MAX) throw new RunEnd(EXIT.storageLimit)
  }

  closed(): void {
    this.#descriptors--
  }
}
