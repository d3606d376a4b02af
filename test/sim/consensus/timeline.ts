/** Virtual time: a heap of what happens when. Of what is due at one moment the first asked for comes first. */
interface Entry {
  readonly atMs: number
  readonly order: number
  readonly act: () => void
}

export class Timeline {
  readonly #heap: Entry[] = []
  #nowMs = 0
  #order = 0
  #events = 0

  get nowMs(): number {
    return this.#nowMs
  }

  /** How many have happened. */
  get events(): number {
    return this.#events
  }

  later(delayMs: number, act: () => void): void {
    const heap = this.#heap
    heap.push({ atMs: this.#nowMs + delayMs, order: this.#order++, act })
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** Lets the next thing happen; false when there is none. */
  next(): boolean {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop()
    if (first === undefined || last === undefined) return false
    if (heap.length > 0) heap[0] = last
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < heap.length && this.#isBefore(left, least)) least = left
      if (right < heap.length && this.#isBefore(right, least)) least = right
      if (least === at) break
      this.#swap(at, least)
      at = least
    }
    this.#nowMs = first.atMs
    this.#events++
    first.act()
    return true
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]]
    if (x === undefined || y === undefined) return false
    return x.atMs < y.atMs || (x.atMs === y.atMs && x.order < y.order)
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]]
    if (x === undefined || y === undefined) return
    this.#heap[a] = y
    this.#heap[b] = x
  }
}
