import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { todos } from '../../src/features/todos.ts'
import { createMetrics, secondsBounds } from '../../src/ports/metrics.ts'
import { readExposition, readLabels } from '../exposition.ts'
import { codePoint } from '../harness/code-points.ts'
import { createTestDatabase } from '../harness/database.ts'
import { createTestPlatform } from '../harness/platform.ts'

const bounds = [0.1, 1, 10]
const any = fc.string({
  unit: fc.oneof(fc.string({ unit: codePoint }), fc.constantFrom('\n', '"', '\\', ',', '}', '=')),
})

describe('the text of the metrics', () => {
  test('follows the format, for each kind of metric', () => {
    const metrics = createMetrics()
    metrics.counter('asked_total', 'Requests.')({ method: 'GET' }).add(2)
    metrics.histogram('took_seconds', 'Time.', bounds)().observe(0.5)
    metrics.gauge('waiting', 'Now.', () => 3)
    metrics.gauge('late_seconds', 'By quantile.', () => [
      [{ quantile: '0.5' }, 0.25],
      [{ quantile: '1' }, 1e-7],
    ])
    metrics.total('dropped_total', 'Ever.', () => 4)
    expect(metrics.text()).toBe(
      [
        '# HELP asked_total Requests.',
        '# TYPE asked_total counter',
        'asked_total{method="GET"} 2',
        '# HELP took_seconds Time.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{le="0.1"} 0',
        'took_seconds_bucket{le="1"} 1',
        'took_seconds_bucket{le="10"} 1',
        'took_seconds_bucket{le="+Inf"} 1',
        'took_seconds_sum 0.5',
        'took_seconds_count 1',
        '# HELP waiting Now.',
        '# TYPE waiting gauge',
        'waiting 3',
        '# HELP late_seconds By quantile.',
        '# TYPE late_seconds gauge',
        'late_seconds{quantile="0.5"} 0.25',
        'late_seconds{quantile="1"} 1e-7',
        '# HELP dropped_total Ever.',
        '# TYPE dropped_total counter',
        'dropped_total 4',
        '',
      ].join('\n'),
    )
    expect(readExposition(metrics.text()).size).toBe(5)
  })

  test('gives every value of a label back as it was', () => {
    fc.assert(
      fc.property(any, any, (one, other) => {
        const metrics = createMetrics()
        metrics.counter('asked_total', 'Requests.')({ one, other }).add()
        const [sample] = readExposition(metrics.text()).get('asked_total')?.samples ?? []
        expect(sample).toEqual({ name: 'asked_total', labels: { one, other }, value: 1 })
      }),
      { numRuns: 500 },
    )
  })

  test('has the header of a metric that has no series yet', () => {
    const metrics = createMetrics()
    metrics.counter('asked_total', 'Requests.')
    expect(readExposition(metrics.text()).get('asked_total')).toEqual({
      type: 'counter',
      help: 'Requests.',
      samples: [],
    })
  })
})

test('a counter adds up what comes for the same labels', () => {
  const metrics = createMetrics()
  const asked = metrics.counter('asked_total', 'Requests.')
  asked({ route: '/a' }).add()
  asked({ route: '/b' }).add(5)
  asked({ route: '/a' }).add(2)
  const samples = readExposition(metrics.text()).get('asked_total')?.samples
  expect(samples?.map(({ labels, value }) => [labels.route, value])).toEqual([
    ['/a', 3],
    ['/b', 5],
  ])
})

test('a gauge and a total are read when the metrics are requested', () => {
  const metrics = createMetrics()
  let value = 1
  metrics.gauge('now', 'Now.', () => value)
  metrics.total('ever_total', 'Ever.', () => value)
  expect(metrics.text()).toContain('\nnow 1\n')
  value = 2
  expect(metrics.text()).toMatch(/\nnow 2\n.*\never_total 2\n/s)
})

describe('a histogram', () => {
  test('counts each value in every bucket whose bound is not below it', () => {
    const value = fc.double({ min: 0, max: 60, noNaN: true })
    const property = fc.property(fc.array(fc.oneof(value, fc.constantFrom(...secondsBounds))), (values) => {
      const metrics = createMetrics()
      const series = metrics.histogram('took_seconds', 'Time.', secondsBounds)({ route: '/a' })
      for (const each of values) series.observe(each)
      const { samples = [] } = readExposition(metrics.text()).get('took_seconds') ?? {}
      const counts = [...secondsBounds, Infinity].map((bound) => values.filter((each) => each <= bound).length)
      expect(samples.map((sample) => sample.value)).toEqual([
        ...counts,
        values.reduce((a, b) => a + b, 0),
        values.length,
      ])
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('has its own buckets for each of its labels', () => {
    const metrics = createMetrics()
    const took = metrics.histogram('took_seconds', 'Time.', bounds)
    took({ route: '/a' }).observe(0.01)
    took({ route: '/b' }).observe(100)
    const { samples = [] } = readExposition(metrics.text()).get('took_seconds') ?? {}
    const counts = (route: string) =>
      samples.filter(({ name, labels }) => name.endsWith('_bucket') && labels.route === route).map(({ value }) => value)
    expect([counts('/a'), counts('/b')]).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 1],
    ])
  })
})

test('a metric has at most a thousand series and one for all the rest, and none of it is lost', () => {
  const metrics = createMetrics()
  const asked = metrics.counter('asked_total', 'Requests.')
  for (let index = 0; index < 5000; index += 1) asked({ path: `/${index}` }).add()
  asked({ path: '/7' }).add()
  const { samples = [] } = readExposition(metrics.text()).get('asked_total') ?? {}
  expect(samples.length).toBeLessThanOrEqual(1001)
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(5001)
  expect(samples.find(({ labels }) => labels.path === '/7')?.value).toBe(2)
  expect(samples.find(({ labels }) => labels.overflow === 'true')?.value).toBe(4000)
})

test.each([
  ['no line feed at the end', '# HELP a A.\n# TYPE a gauge\na 1'],
  ['a sample without a type', 'a 1\n'],
  ['a metric twice', '# HELP a A.\n# TYPE a gauge\na 1\n# HELP a A.\n# TYPE a gauge\na 2\n'],
  ['a series twice', '# HELP a A.\n# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n'],
  ['a quote in a label', '# HELP a A.\n# TYPE a gauge\na{x="""} 1\n'],
  ['a histogram without +Inf', '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n'],
  [
    'a histogram that falls',
    '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
])('the reader of these tests refuses %s', (_, text) => {
  expect(() => readExposition(text)).toThrow()
})

test('the reader of these tests undoes the three escapes', () => {
  expect(readLabels('a="\\\\n",b="\\"",c="\\n"')).toEqual({ a: '\\n', b: '"', c: '\n' })
})

describe('GET /metrics', () => {
  const token = 'a-token-of-the-operator'
  let subject: Awaited<ReturnType<typeof createTestDatabase>>

  beforeAll(async () => {
    subject = await createTestDatabase([todos])
  })
  afterAll(() => subject.remove())

  /** The status for a client at this address with these headers. */
  async function statusFor(address: string | null, headers: Record<string, string> = {}, metricsToken = token) {
    const platform = createTestPlatform({ database: subject.database })
    const settings = { ...platform.settings, metricsToken }
    const app = createApp({ ...platform, settings }, { collections: [todos] })
    const { status } = await app.fetch(new Request('http://localhost/metrics', { headers }), { address })
    return status
  }

  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('answers this machine (%s)', async (address) => {
    expect(await statusFor(address)).toBe(200)
  })

  test.each(['192.0.2.1', '10.0.0.1', '::ffff:192.0.2.1', 'fe80::1', '1127.0.0.1', '::127.0.0.1', '', null])(
    'refuses any other (%s)',
    async (address) => {
      expect(await statusFor(address)).toBe(403)
    },
  )

  test.each(['Forwarded', 'X-Forwarded-For', 'X-Real-IP', 'Via', 'CF-Connecting-IP'])(
    'refuses a client behind a proxy on this machine, which sends %s',
    async (name) => {
      expect(await statusFor('127.0.0.1', { [name]: '127.0.0.1' })).toBe(403)
    },
  )

  test.each([
    [`Bearer ${token}`, 200],
    [`bearer ${token}`, 200],
    [`Bearer ${token}x`, 403],
    [`Bearer ${token.slice(1)}`, 403],
    [`Basic ${token}`, 403],
    [token, 403],
    ['Bearer', 403],
    ['Bearer ', 403],
  ])('to another machine that sends %j is %d', async (authorization, status) => {
    expect(await statusFor('192.0.2.1', { authorization })).toBe(status)
  })

  test('lets no bearer in where there is no token', async () => {
    for (const authorization of ['Bearer ', 'Bearer undefined', 'Bearer null', `Bearer ${token}`]) {
      expect(await statusFor('192.0.2.1', { authorization }, '')).toBe(403)
    }
  })
})
