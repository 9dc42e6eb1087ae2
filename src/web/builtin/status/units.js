/** Formats numbers with few significant digits. */

const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** @param {number} value */
export function count(value) {
  return Math.abs(value) < 1000 ? fine.format(value) : whole.format(value)
}

/** @param {number} value per second */
export function rate(value) {
  return value < 0.1 ? '< 0.1/s' : `${count(value)}/s`
}

/** @param {number} value in seconds */
export function duration(value) {
  return value < 1 ? `${count(value * 1000)} ms` : `${count(value)} s`
}

/** @param {number} value in bytes */
export function bytes(value) {
  return `${count(value / 1e6)} MB`
}

/** @param {number} value 1 is one processor */
export function percent(value) {
  return `${count(value * 100)} %`
}

/** The next of 1, 2, 5, 10, 20, … above a value, for a scale. @param {number} value */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 5].find((each) => each * power >= value) ?? 10
  return step * power
}
