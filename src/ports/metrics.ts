/**
 * Metrics in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats),
 * with Web APIs alone, so that every runtime reports the same way.
 */

/** Names and values of labels. The values must come from a bounded set. */
export type Labels = Readonly<Record<string, string>>

export interface Counter {
  add(by?: number): void
}

export interface Histogram {
  observe(value: number): void
}

/** The series of one metric by labels. Keep the returned series where it is used often. */
export type Family<T> = (labels?: Labels) => T

export interface Metrics {
  counter(name: string, help: string): Family<Counter>
  /** @param bounds the upper bounds of the buckets, rising */
  histogram(name: string, help: string, bounds: readonly number[]): Family<Histogram>
  /** Reads values at each scrape: one, or several with their labels. */
  gauge(name: string, help: string, read: () => number | readonly (readonly [Labels, number])[]): void
  /** The same for a value that only rises. */
  total(name: string, help: string, read: () => number): void
  text(): string
}

/** A metric with more series than this has a mistake in its labels; further series are counted together. */
const seriesMax = 1000

/** For times in seconds, from a read in memory to a time-out. */
export const secondsBounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const

export function createMetrics(): Metrics {
  const parts: (() => string)[] = []

  function family<T>(name: string, help: string, type: string, create: () => T, lines: Lines<T>): Family<T> {
    const known = new Map<string, T>()
    parts.push(() => header(name, help, type) + [...known].map(([labels, each]) => lines(name, labels, each)).join(''))
    return (labels = {}) => {
      const text = labelsText(labels)
      const key = known.has(text) || known.size < seriesMax ? text : 'overflow="true"'
      const series = known.get(key) ?? create()
      known.set(key, series)
      return series
    }
  }

  return {
    counter: (name, help) =>
      family(name, help, 'counter', createCounter, (full, labels, { value }) => line(full, labels, value)),
    histogram: (name, help, bounds) =>
      family(
        name,
        help,
        'histogram',
        () => createHistogram(bounds),
        (full, labels, each) => histogramLines(full, labels, bounds, each),
      ),
    gauge(name, help, read) {
      parts.push(() => {
        const values = read()
        const all = typeof values === 'number' ? [[{}, values] as const] : values
        return (
          header(name, help, 'gauge') + all.map(([labels, value]) => line(name, labelsText(labels), value)).join('')
        )
      })
    },
    total: (name, help, read) => {
      parts.push(() => header(name, help, 'counter') + line(name, '', read()))
    },
    text: () => parts.map((part) => part()).join(''),
  }
}

type Lines<T> = (name: string, labels: string, series: T) => string

interface CounterSeries extends Counter {
  value: number
}

function createCounter(): CounterSeries {
  return {
    value: 0,
    add(by = 1) {
      this.value += by
    },
  }
}

interface HistogramSeries extends Histogram {
  /** The count of each bucket; the last is for values above every bound. */
  counts: number[]
  sum: number
}

function createHistogram(bounds: readonly number[]): HistogramSeries {
  return {
    counts: Array.from({ length: bounds.length + 1 }, () => 0),
    sum: 0,
    observe(value) {
      let bucket = 0
      while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1
      this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
      this.sum += value
    },
  }
}

function histogramLines(
  name: string,
  labels: string,
  bounds: readonly number[],
  { counts, sum }: HistogramSeries,
): string {
  let total = 0
  let text = ''
  for (const [index, count] of counts.entries()) {
    total += count
    const bound = `le="${bounds[index] ?? '+Inf'}"`
    text += line(`${name}_bucket`, labels ? `${labels},${bound}` : bound, total)
  }
  return text + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, total)
}

function header(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${value}\n`
}

function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (each) => (each === '\n' ? '\\n' : `\\${each}`))}"`)
    .join(',')
}
