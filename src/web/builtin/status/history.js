import { changeOf, hasRestarted } from './metrics.js'

/** @typedef {import('./metrics.js').Families} Families */
/** @typedef {{ families: Families, seconds: number }} Change counters as their increase in so many seconds */
/** @typedef {{ families: Families, timeMs: number }} Sample */

/** Samples are taken once a second. */
export const samplesMax = 120
const windowMs = samplesMax * 1000

/**
 * Keeps the value of `read` for each change between two samples. It is null for the first sample, after a
 * pause, and after a restart of the server.
 * @template T
 * @param {(change: Change) => T} read
 */
export function createHistory(read) {
  let samples = /** @type {Sample[]} */ ([])
  let last = /** @type {Sample | null} */ (null)
  const points = /** @type {(T | null)[]} */ ([])

  /** @param {T | null} point */
  function push(point) {
    points.push(point)
    if (points.length > samplesMax) points.shift()
  }

  return {
    points: /** @type {readonly (T | null)[]} */ (points),

    /** @param {Families} families @param {number} timeMs */
    add(families, timeMs) {
      const sample = { families, timeMs }
      const newest = samples.at(-1)
      if (newest && hasRestarted(newest.families, families)) {
        samples = []
        last = null
      }
      push(last && read(between(last, sample)))
      samples = [...samples, sample].filter((each) => timeMs - each.timeMs < windowMs)
      last = sample
    },

    /** Records a missing sample. */
    skip() {
      push(null)
      last = null
    },

    /** The change over all samples that are kept; null with fewer than two. */
    window() {
      const [first] = samples
      return first && last && first !== last ? between(first, last) : null
    },
  }
}

/** @param {Sample} before @param {Sample} after @returns {Change} */
function between(before, after) {
  return { families: changeOf(before.families, after.families), seconds: (after.timeMs - before.timeMs) / 1000 }
}
