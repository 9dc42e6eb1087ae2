/**
 * Parses `/metrics`, and computes the change from one sample to the next: rates and quantiles come from the
 * increase of counters. All functions are pure.
 */

/** @typedef {{ name: string, labels: Record<string, string>, value: number }} Series */
/** @typedef {{ type: string, series: Map<string, Series> }} Family the series of one metric, by their text */
/** @typedef {Map<string, Family>} Families */
/** @typedef {(labels: Record<string, string>) => boolean} Where */
/** @typedef {{ bounds: number[], counts: number[], sum: number }} Histogram counts of each bucket, the last above all bounds */

const linePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? +(\S+)/s
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gs
const infinities = /** @type {Record<string, number>} */ ({ '+Inf': Infinity, '-Inf': -Infinity })

/**
 * Parses Prometheus' text format, in which the lines of a metric follow its `# TYPE`.
 * @param {string} text
 * @returns {Families}
 */
export function parseMetrics(text) {
  const families = /** @type {Families} */ (new Map())
  /** @type {Family} */
  let family = { type: 'untyped', series: new Map() }
  for (const line of text.split('\n')) {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)/.exec(line) ?? []
    if (name !== '') {
      family = { type, series: new Map() }
      families.set(name, family)
    }
    const series = parseLine(line)
    if (series) family.series.set(line.slice(0, line.lastIndexOf(' ')), series)
  }
  return families
}

/** @param {string} line @returns {Series | null} */
function parseLine(line) {
  const [, name, labels = '', value = ''] = linePattern.exec(line) ?? []
  return name === undefined ? null : { name, labels: parseLabels(labels), value: toNumber(value) }
}

/** @param {string} text */
function parseLabels(text) {
  const pairs = Array.from(text.matchAll(labelPattern), ([, name = '', value = '']) => [name, unescapeValue(value)])
  return /** @type {Record<string, string>} */ (Object.fromEntries(pairs))
}

/** @param {string} text */
function unescapeValue(text) {
  return text.replace(/\\(.)/gs, (_, each) => (each === 'n' ? '\n' : each))
}

/** @param {string} text */
function toNumber(text) {
  return infinities[text] ?? Number(text)
}

/** @param {Family} family */
function rises({ type }) {
  return type === 'counter' || type === 'histogram'
}

/**
 * Returns true if the server restarted in between: then a counter has decreased or disappeared.
 * @param {Families} before @param {Families} after
 */
export function hasRestarted(before, after) {
  return [...before].some(([name, family]) => {
    const later = after.get(name)?.series
    return rises(family) && [...family.series].some(([key, { value }]) => !((later?.get(key)?.value ?? -1) >= value))
  })
}

/**
 * Returns the later sample with the increase of each counter in place of its value.
 * @param {Families} before @param {Families} after
 * @returns {Families}
 */
export function changeOf(before, after) {
  return new Map([...after].map(([name, family]) => [name, rises(family) ? rise(before.get(name), family) : family]))
}

/** @param {Family | undefined} before @param {Family} after @returns {Family} */
function rise(before, { type, series }) {
  const changed = [...series].map(([key, each]) => {
    const value = each.value - (before?.series.get(key)?.value ?? 0)
    return /** @type {const} */ ([key, { ...each, value }])
  })
  return { type, series: new Map(changed) }
}

/** @type {Where} */
const all = () => true

/** @param {Families} families @param {string} name of the line, which for a histogram has an end such as `_sum` @param {Where} [where] */
export function seriesOf(families, name, where = all) {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''))
  return [...(family?.series.values() ?? [])].filter((each) => each.name === name && where(each.labels))
}

/** @param {Families} families @param {string} name @param {Where} [where] */
export function sumOf(families, name, where) {
  return seriesOf(families, name, where).reduce((sum, { value }) => sum + value, 0)
}

/**
 * Adds up all matching series of a metric into one histogram.
 * @param {Families} families @param {string} name @param {Where} [where]
 * @returns {Histogram}
 */
export function histogramOf(families, name, where) {
  const below = /** @type {Map<number, number>} */ (new Map())
  for (const { labels, value } of seriesOf(families, `${name}_bucket`, where)) {
    const bound = toNumber(labels.le ?? '')
    below.set(bound, (below.get(bound) ?? 0) + value)
  }
  const rising = [...below].toSorted(([one], [other]) => one - other)
  const counts = rising.map(([, count], index) => count - (rising[index - 1]?.[1] ?? 0))
  const bounds = rising.map(([bound]) => bound).filter(Number.isFinite)
  return { bounds, counts, sum: sumOf(families, `${name}_sum`, where) }
}

/** @param {Histogram} histogram */
function countOf({ counts }) {
  return counts.reduce((sum, count) => sum + count, 0)
}

/**
 * Estimates a quantile like Prometheus: observations are spread evenly inside a bucket; above all bounds it
 * is the highest bound. Null without observations.
 * @param {Histogram} histogram @param {number} part 0 to 1
 */
export function quantileOf(histogram, part) {
  const { bounds, counts } = histogram
  let rank = countOf(histogram) * part
  if (rank === 0) return null
  const index = counts.findIndex((count) => {
    if (rank <= count) return true
    rank -= count
    return false
  })
  const low = bounds[index - 1] ?? 0
  const high = bounds[index] ?? bounds.at(-1) ?? 0
  return index === -1 ? high : low + (Math.max(low, high) - low) * (rank / (counts[index] ?? 1))
}

/** @param {Histogram} histogram */
export function meanOf(histogram) {
  const count = countOf(histogram)
  return count === 0 ? null : histogram.sum / count
}
