/** The plots of the page: each reads its values from the change between two samples. */
import { histogramOf, meanOf, quantileOf, seriesOf, sumOf } from './metrics.js'
import { bytes, count, duration, percent } from './units.js'

/** @typedef {import('./history.js').Change} Change */
/** @typedef {{ name: string, look: 'calm' | 'quiet' | 'warm' | 'alarm', read: (change: Change) => number | null }} Line */
/**
 * `metric` must exist for the plot to be shown; `scaleMin` is the smallest value for the top of the scale.
 * @typedef {{ title: string, metric: string, lines: Line[], write: (value: number) => string, scaleMin: number, small?: true }} Panel
 */

const requests = 'http_requests_total'
const latency = 'http_request_duration_seconds'
const loopDelay = 'event_loop_delay_seconds'

/** Leaves out the requests of this page. @param {Record<string, string>} labels */
export function isForeign({ route }) {
  return route !== '/metrics'
}

/** @param {string} digit @param {Line['look']} look @returns {Line} */
function statusLine(digit, look) {
  /** @param {Record<string, string>} labels */
  const fits = (labels) => isForeign(labels) && labels.status?.[0] === digit
  return { name: `${digit}xx`, look, read: ({ families, seconds }) => sumOf(families, requests, fits) / seconds }
}

/** @param {string} metric @param {number} part @param {Line['look']} look @returns {Line} */
function quantileLine(metric, part, look) {
  const read = (/** @type {Change} */ { families }) => quantileOf(histogramOf(families, metric, isForeign), part)
  return { name: `p${part * 100}`, look, read }
}

/** @param {string} metric @returns {Line} */
function meanLine(metric) {
  return { name: 'mean', look: 'calm', read: ({ families }) => meanOf(histogramOf(families, metric)) }
}

/** @param {string} name @param {string} metric @param {Line['look']} look @param {string} [quantile] @returns {Line} */
function gaugeLine(name, metric, look, quantile) {
  return {
    name,
    look,
    read({ families }) {
      const [series] = seriesOf(families, metric, (labels) => labels.quantile === quantile)
      return series && Number.isFinite(series.value) ? series.value : null
    },
  }
}

/** @type {readonly Panel[]} */
export const panels = [
  {
    title: 'In flight',
    metric: 'http_requests_in_flight',
    // Without the request for the metrics.
    lines: [{ name: 'now', look: 'calm', read: ({ families }) => sumOf(families, 'http_requests_in_flight') - 1 }],
    write: count,
    scaleMin: 1,
    small: true,
  },
  {
    title: 'Memory',
    metric: 'process_resident_memory_bytes',
    lines: [gaugeLine('now', 'process_resident_memory_bytes', 'calm')],
    write: bytes,
    scaleMin: 1e6,
    small: true,
  },
  {
    title: 'CPU',
    metric: 'process_cpu_seconds_total',
    lines: [
      {
        name: 'now',
        look: 'calm',
        read: ({ families, seconds }) => sumOf(families, 'process_cpu_seconds_total') / seconds,
      },
    ],
    write: percent,
    scaleMin: 0.1,
    small: true,
  },
  {
    title: 'Requests per second',
    metric: requests,
    lines: [statusLine('2', 'calm'), statusLine('3', 'quiet'), statusLine('4', 'warm'), statusLine('5', 'alarm')],
    write: count,
    scaleMin: 1,
  },
  {
    title: 'Latency',
    metric: latency,
    lines: [quantileLine(latency, 0.5, 'calm'), quantileLine(latency, 0.99, 'warm')],
    write: duration,
    scaleMin: 0.001,
  },
  {
    title: 'Writes per commit',
    metric: 'database_group_writes',
    lines: [meanLine('database_group_writes')],
    write: count,
    scaleMin: 1,
  },
  {
    title: 'Commit time',
    metric: 'database_group_seconds',
    lines: [meanLine('database_group_seconds'), quantileLine('database_group_seconds', 0.99, 'warm')],
    write: duration,
    scaleMin: 0.001,
  },
  {
    title: 'Database read',
    metric: 'database_read_seconds',
    lines: [meanLine('database_read_seconds'), quantileLine('database_read_seconds', 0.99, 'warm')],
    write: duration,
    scaleMin: 0.001,
  },
  {
    title: 'Event loop delay',
    metric: loopDelay,
    lines: [gaugeLine('p50', loopDelay, 'calm', '0.5'), gaugeLine('p99', loopDelay, 'warm', '0.99')],
    write: duration,
    scaleMin: 0.001,
  },
]
