/** Chance that repeats itself: the same seed gives the same numbers. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number
  /** A whole number from 0, below `end`. */
  below(end: number): number
  pick<T>(items: readonly T[]): T
  happens(percent: number): boolean
}

/** mulberry32, which is small and good enough to choose tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    next,
    below,
    pick: (items) => items[below(items.length)] as never,
    happens: (percent) => below(100) < percent,
  }
}
