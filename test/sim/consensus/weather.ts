/** The network of one run, and how often power fails: drawn once, bad until it is stable. */
export interface Weather {
  readonly stableAtMs: number
  /** Before each effect of a member. */
  readonly crashChance: number
  /** When the copies of a message arrive: none when it is lost. */
  delaysOf(from: number, to: number, nowMs: number): readonly number[]
}

interface Partition {
  readonly fromMs: number
  readonly toMs: number
  readonly side: ReadonlySet<number>
}

const STABLE_DELAY_MS_MAX = 40

export function drawWeather(random: () => number, nodes: number): Weather {
  const stableAtMs = random() < 0.2 ? 0 : random() * 6_000
  const delayMsMax = [20, 150, 600][Math.floor(random() * 3)] ?? 20
  const loss = random() < 0.3 ? 0 : random() * 0.7
  const repeats = random() < 0.5 ? 0 : random() * 0.3
  const crashChance = random() < 0.4 ? 0 : random() * 0.15
  const seatsWhere = (chance: number): ReadonlySet<number> =>
    new Set(Array.from({ length: nodes }, (_, seat) => seat).filter(() => random() < chance))
  const slow = random() < 0.3 ? seatsWhere(0.3) : new Set<number>()
  const partitions = Array.from({ length: Math.floor(random() * 6) }, (): Partition => {
    const fromMs = random() * stableAtMs
    return { fromMs, toMs: fromMs + random() * 2_000, side: seatsWhere(0.5) }
  })
  const delay = (from: number, to: number): number =>
    random() * delayMsMax * (slow.has(from) || slow.has(to) ? 5 : 1)
  return {
    stableAtMs,
    crashChance,
    delaysOf: (from, to, nowMs) => {
      if (nowMs >= stableAtMs) return [1 + random() * STABLE_DELAY_MS_MAX]
      const isApart = partitions.some(
        ({ fromMs, toMs, side }) => nowMs >= fromMs && nowMs < toMs && side.has(from) !== side.has(to),
      )
      if (isApart || random() < loss) return []
      return random() < repeats ? [delay(from, to), delay(from, to)] : [delay(from, to)]
    },
  }
}
