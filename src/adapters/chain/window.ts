import type { Block } from '../../ports/chain.ts'

/** The newest delivered blocks, each the parent of the next: what a reorganisation is found and undone by. */
export class BlockWindow {
  readonly #blocksMax: number
  readonly #blocks: Block[] = []

  constructor(blocksMax: number) {
    this.#blocksMax = blocksMax
  }

  get oldest(): Block | undefined {
    return this.#blocks[0]
  }

  get newest(): Block | undefined {
    return this.#blocks.at(-1)
  }

  get size(): number {
    return this.#blocks.length
  }

  at(number: bigint): Block | undefined {
    const first = this.#blocks[0]
    return first === undefined ? undefined : this.#blocks[Number(number - first.number)]
  }

  /** Whether this block may follow. After a gap (a range of final blocks read at once) the window starts anew. */
  extends(block: Block): boolean {
    const { newest } = this
    return newest === undefined || (block.number === newest.number + 1n && block.parentHash === newest.hash)
  }

  push(block: Block): void {
    this.#blocks.push(block)
    if (this.#blocks.length > this.#blocksMax) this.#blocks.shift()
  }

  /** Forgets every block above `number`. */
  truncate(number: bigint): void {
    while (this.newest !== undefined && this.newest.number > number) this.#blocks.pop()
  }

  clear(): void {
    this.#blocks.length = 0
  }
}
