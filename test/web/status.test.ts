import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../src/ports/metrics.ts'
import { createHistory, samplesMax } from '../../src/web/builtin/status/history.js'
import {
  changeOf,
  hasRestarted,
  histogramOf,
  meanOf,
  parseMetrics,
  quantileOf,
  seriesOf,
  sumOf,
} from '../../src/web/builtin/status/metrics.js'
import { outline } from '../../src/web/builtin/status/plot.js'
import { rankRoutes } from '../../src/web/builtin/status/routes.js'
import { bytes, count, duration, percent, rate, roundUp } from '../../src/web/builtin/status/units.js'
import { codePoint } from '../harness/code-points.ts'

/** The server's own metrics, so that the tests use the format that the server writes. */
function createSubject() {
  const metrics = createMetrics()
  const requests = metrics.counter('http_requests_total', 'Requests.')
  const seconds = metrics.histogram('http_request_duration_seconds', 'Times.', [0.001, 0.01, 0.1])
  const response = (method: string, route: string, status: number, took: number) => {
    requests({ method, route, status: String(status) }).add()
    seconds({ method, route }).observe(took)
  }
  return { metrics, response, look: () => parseMetrics(metrics.text()) }
}

describe('parsing the text', () => {
  const label = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\r', '\u2028', '{', '}', ',', '=', ' ', '1', 'n') }),
  )

  test('a metric without series is known', () => {
    const { look } = createSubject()
    expect([...look().keys()]).toEqual(['http_requests_total', 'http_request_duration_seconds'])
    expect(sumOf(look(), 'http_requests_total')).toBe(0)
  })

  test('labels are unescaped, whatever they contain', () => {
    fc.assert(
      fc.property(label, fc.double({ noNaN: true, min: 0, max: 1e12 }), (route, value) => {
        const { metrics } = createSubject()
        metrics.gauge('some', 'Some.', () => [[{ route, method: 'GET' }, value]])
        expect(seriesOf(parseMetrics(metrics.text()), 'some')).toEqual([
          { name: 'some', labels: { route, method: 'GET' }, value },
        ])
      }),
    )
  })

  test.each(['', '\n\n', '# nothing\n', '<!doctype html><p>502', '{"error":1}', 'name', 'name{a="b" 1', '} 1'])(
    '%j holds no metric',
    (text) => {
      expect(parseMetrics(text).size).toBe(0)
    },
  )

  test('NaN and the infinities are numbers', () => {
    const families = parseMetrics('# TYPE x gauge\nx{a="1"} NaN\nx{a="2"} +Inf\nx{a="3"} -Inf\n')
    expect(seriesOf(families, 'x').map(({ value }) => value)).toEqual([Number.NaN, Infinity, -Infinity])
  })
})

describe('from sample to sample', () => {
  test('a counter becomes its increase, also one that is new; a gauge keeps its value', () => {
    const { metrics, response, look } = createSubject()
    metrics.gauge('in_flight', 'Some.', () => 7)
    response('GET', '/', 200, 0.1)
    const before = look()
    response('GET', '/', 200, 0.1)
    response('GET', '/', 200, 0.1)
    response('PUT', '/', 500, 0.1)
    const change = changeOf(before, look())
    expect(sumOf(change, 'http_requests_total', ({ method }) => method === 'GET')).toBe(2)
    expect(sumOf(change, 'http_requests_total', ({ method }) => method === 'PUT')).toBe(1)
    expect(sumOf(change, 'in_flight')).toBe(7)
  })

  test('a counter that decreased or disappeared means a restart; a gauge that decreased does not', () => {
    const at = (total: string, gauge: number) =>
      parseMetrics(`# TYPE t counter\n${total}# TYPE g gauge\ng ${gauge}\n# TYPE h histogram\nh_count 1\n`)
    expect(hasRestarted(at('t 5\n', 9), at('t 5\n', 1))).toBe(false)
    expect(hasRestarted(at('t 5\n', 9), at('t 4\n', 9))).toBe(true)
    expect(hasRestarted(at('t 5\n', 9), at('', 9))).toBe(true)
    expect(hasRestarted(at('', 9), at('t 5\n', 9))).toBe(false)
    expect(hasRestarted(at('t 5\n', 9), new Map())).toBe(true)
  })
})

describe('a histogram', () => {
  const of = (...seconds: number[]) => {
    const { response, look } = createSubject()
    for (const each of seconds) response('GET', each > 0.05 ? '/slow' : '/fast', 200, each)
    return histogramOf(look(), 'http_request_duration_seconds')
  }

  test('adds up the matching series', () => {
    const histogram = of(0.0005, 0.005, 0.06, 7)
    expect(histogram).toMatchObject({ bounds: [0.001, 0.01, 0.1], counts: [1, 1, 1, 1] })
    expect(meanOf(histogram)).toBeCloseTo(7.0655 / 4)
  })

  test('estimates a quantile inside its bucket', () => {
    expect(quantileOf(of(0.002, 0.003), 0.5)).toBeCloseTo(0.0055)
    expect(quantileOf(of(0.0005, 0.0005, 0.0005, 0.005), 0.5)).toBeCloseTo(0.001 * (2 / 3))
  })

  test('returns the highest bound above all bounds', () => {
    expect(quantileOf(of(7, 8, 9), 0.5)).toBe(0.1)
  })

  test('without observations has neither quantile nor mean', () => {
    expect(quantileOf(of(), 0.99)).toBeNull()
    expect(meanOf(of())).toBeNull()
    expect(quantileOf(histogramOf(new Map(), 'none'), 0.5)).toBeNull()
  })

  test('has quantiles that rise, and that lie in the bucket of the true one', () => {
    const bounds = [0, 0.001, 0.01, 0.1]
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 0.1, noNaN: true }), { minLength: 1 }), (values) => {
        const found = [0.1, 0.5, 0.99, 1].map((part) => quantileOf(of(...values), part) ?? -1)
        expect(found).toEqual(found.toSorted((one, other) => one - other))
        const highest = Math.max(...values)
        const index = bounds.findIndex((bound) => highest <= bound)
        expect(found[3]).toBeCloseTo(bounds[index] ?? 0)
      }),
    )
  })
})

describe('the history', () => {
  const at = (total: number) => parseMetrics(`# TYPE t counter\nt ${total}\n`)
  const create = () => createHistory(({ families, seconds }) => sumOf(families, 't') / seconds)

  test('begins with the second sample', () => {
    const history = create()
    history.add(at(5), 1000)
    expect(history.points).toEqual([null])
    expect(history.window()).toBeNull()
    history.add(at(8), 3000)
    expect(history.points).toEqual([null, 1.5])
  })

  test('has a gap for a missing sample, which the window spans', () => {
    const history = create()
    history.add(at(0), 0)
    history.add(at(1), 1000)
    history.skip()
    history.add(at(6), 3000)
    history.add(at(8), 4000)
    expect(history.points).toEqual([null, 1, null, null, 2])
    expect(sumOf(history.window()?.families ?? new Map(), 't')).toBe(8)
    expect(history.window()?.seconds).toBe(4)
  })

  test('restarts with the server', () => {
    const history = create()
    for (const [second, total] of [0, 100, 200, 3, 5].entries()) history.add(at(total), second * 1000)
    expect(history.points).toEqual([null, 100, 100, null, 2])
    expect(history.window()).toMatchObject({ seconds: 1 })
  })

  test('keeps two minutes', () => {
    const history = create()
    for (let second = 0; second < 500; second += 1) history.add(at(second), second * 1000)
    expect(history.points).toHaveLength(samplesMax)
    expect(history.window()?.seconds).toBe(samplesMax - 1)
  })

  test('drops samples older than two minutes after a long pause', () => {
    const history = create()
    history.add(at(1), 0)
    history.skip()
    history.add(at(1000), 3_600_000)
    expect(history.window()).toBeNull()
    expect(history.points).toEqual([null, null, null])
  })
})

describe('the routes', () => {
  function change() {
    const { response, look } = createSubject()
    for (let index = 0; index < 8; index += 1) response('GET', '/a', index < 2 ? 404 : 200, 0.0005)
    for (let index = 0; index < 4; index += 1) response('GET', '/b', index < 1 ? 503 : 200, 0.05)
    response('GET', '', 404, 0.005)
    response('GET', '/metrics', 200, 0.09)
    return { families: look(), seconds: 2 }
  }

  test('are ranked by rate or by p99, without the requests of the page itself', () => {
    expect(rankRoutes(change(), 'busiest').map(({ route }) => route)).toEqual(['/a', '/b', '(no route)'])
    expect(rankRoutes(change(), 'slowest').map(({ route }) => route)).toEqual(['/b', '(no route)', '/a'])
  })

  test('have their rate, times and failures', () => {
    const [a, b] = rankRoutes(change(), 'busiest')
    expect(a).toMatchObject({ method: 'GET', rate: 4, p50: 0.0005, refused: 2, failed: 0 })
    expect(b).toMatchObject({ rate: 2, refused: 0, failed: 1 })
    expect(b?.p99).toBeGreaterThan(0.01)
  })

  test('without requests in the window are left out, and there are ten at most', () => {
    const { response, look } = createSubject()
    response('GET', '/old', 200, 0.1)
    const before = look()
    for (let index = 0; index < 30; index += 1) response('GET', `/${index}`, 200, 0.1)
    const rows = rankRoutes({ families: changeOf(before, look()), seconds: 1 }, 'busiest')
    expect(rows).toHaveLength(10)
    expect(rows.map(({ route }) => route)).not.toContain('/old')
  })

  test('that the server does not tell apart are one row', () => {
    const families = parseMetrics('# TYPE http_requests_total counter\nhttp_requests_total{overflow="true"} 3\n')
    expect(rankRoutes({ families, seconds: 1 }, 'busiest')).toMatchObject([{ method: '', route: '(others)', rate: 3 }])
  })
})

describe('a line', () => {
  test('ends at the right edge and breaks where there is no value', () => {
    expect(outline([0, 5, null, 10], 10)).toBe('M116 100h0L117 50M119 0h0')
    expect(outline([], 1)).toBe('')
    expect(outline([null, null], 1)).toBe('')
  })
})

describe('numbers', () => {
  test.each([
    [count(0), '0'],
    [count(12.345), '12.3'],
    [count(123_456.7), '123,457'],
    [duration(0.00042), '0.42 ms'],
    [duration(0.25), '250 ms'],
    [duration(2.5), '2.5 s'],
    [rate(12.34), '12.3/s'],
    [rate(0.009), '< 0.1/s'],
    [bytes(133_525_504), '134 MB'],
    [percent(0.0421), '4.21 %'],
  ])('read %s', (text, expected) => {
    expect(text).toBe(expected)
  })

  test.each([
    [0.7, 1],
    [1, 1],
    [1.1, 2],
    [3, 5],
    [51, 100],
  ])('%d is on a scale to %d', (value, top) => {
    expect(roundUp(value)).toBeCloseTo(top)
  })

  test('a scale is never lower than its value, and at most two and a half times as high', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
        expect(roundUp(value)).toBeGreaterThanOrEqual(value * (1 - 1e-9))
        expect(roundUp(value)).toBeLessThanOrEqual(value * 2.5 * (1 + 1e-9))
      }),
    )
  })
})
