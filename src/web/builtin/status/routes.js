import { histogramOf, quantileOf, seriesOf, sumOf } from './metrics.js'
import { isForeign } from './panels.js'

/** @typedef {import('./history.js').Change} Change */
/**
 * `refused` and `failed` count the 4xx and 5xx.
 * @typedef {{ method: string, route: string, rate: number, p50: number | null, p99: number | null, refused: number, failed: number }} Route
 */

/** How a row is ranked, the highest first. @type {Record<'busiest' | 'slowest', (route: Route) => number>} */
const ranks = { busiest: ({ rate }) => rate, slowest: ({ p99 }) => p99 ?? 0 }
const requests = 'http_requests_total'
const latency = 'http_request_duration_seconds'
const rowsMax = 10

/**
 * The first routes by an order, of those that were asked for at all.
 * @param {Change} change @param {keyof typeof ranks} order
 */
export function rankRoutes({ families, seconds }, order) {
  const asked = seriesOf(families, requests, isForeign).filter(({ value }) => value > 0)
  const names = new Map(asked.map(({ labels: { method, route } }) => [`${method} ${route}`, { method, route }]))
  const rows = [...names.values()].map((name) => {
    /** @param {Record<string, string>} labels */
    const fits = ({ method, route }) => method === name.method && route === name.route
    const durations = histogramOf(families, latency, fits)
    /** @param {string} digit */
    const answered = (digit) =>
      sumOf(families, requests, (labels) => fits(labels) && !!labels.status?.startsWith(digit))
    return {
      method: name.method ?? '',
      route: describe(name.route),
      rate: sumOf(families, requests, fits) / seconds,
      p50: quantileOf(durations, 0.5),
      p99: quantileOf(durations, 0.99),
      refused: answered('4'),
      failed: answered('5'),
    }
  })
  return rows.toSorted((one, other) => ranks[order](other) - ranks[order](one)).slice(0, rowsMax)
}

/** Series without a route are those that the server no longer tells apart. @param {string | undefined} route */
function describe(route) {
  return route === '' ? '(no route)' : (route ?? '(others)')
}
