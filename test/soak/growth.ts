/** Judges whether figures that are taken once a phase grow. */

/** The memory of a process of this kind varies by less than this over a run, be it a minute or an hour. */
export const boundsMiB: Readonly<Record<'heap' | 'buffers' | 'RSS', number>> = { heap: 2, buffers: 2, RSS: 64 }

const warmPhasesMax = 5
const judgedPhasesMin = 4
const mebibyte = 2 ** 20

/**
 * How far the straight line through the figures climbs over the phases after the first few, in MiB; null when there
 * are too few of them.
 */
export function climbMiB(figures: readonly number[]): number | null {
  const warm = Math.min(warmPhasesMax, Math.floor(figures.length / 3))
  const judged = figures.slice(warm)
  if (judged.length < judgedPhasesMin) return null
  return (slope(judged) * (judged.length - 1)) / mebibyte
}

/** Of the line with the least squares. */
function slope(figures: readonly number[]): number {
  const middle = (figures.length - 1) / 2
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / figures.length
  let [above, below] = [0, 0]
  for (const [x, figure] of figures.entries()) {
    above += (x - middle) * (figure - mean)
    below += (x - middle) ** 2
  }
  return above / below
}
