import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { type AccessEntry, createLog, type LogLevel, logLevels } from '../../src/ports/log.ts'
import { codePoint } from '../harness/code-points.ts'

interface Line {
  text: string
  urgent: boolean
}

const startMs = Date.UTC(2026, 10, 21, 8, 0, 0, 7)

/** A log whose lines are kept and whose clock is set by hand. */
function createSubject(options: { level?: LogLevel; pretty?: boolean } = {}) {
  const lines: Line[] = []
  const clock = { ms: startMs }
  const write = (text: string, urgent: boolean) => void lines.push({ text, urgent })
  const log = createLog({ level: 'debug', ...options, write, now: () => clock.ms })
  const told = () => lines.map(({ text }) => JSON.parse(text) as Record<string, unknown>)
  return { log, lines, clock, told }
}

const entry: AccessEntry = {
  requestId: 'abc-1',
  method: 'GET',
  path: '/api/todos/x',
  route: '/api/todos/:id',
  status: 200,
  bytes: 123,
  durationMs: 1.2345,
  principal: 'anonymous',
  traceId: '',
  cut: false,
}

const usual = {
  time: '2026-11-21T08:00:00.007Z',
  level: 'info',
  requestId: 'abc-1',
  method: 'GET',
  path: '/api/todos/x',
  route: '/api/todos/:id',
  status: 200,
  bytes: 123,
  ms: 1.23,
  principal: 'anonymous',
}

describe('the line of a request', () => {
  test('has the outcome, and no absent field', () => {
    const { log, lines, told } = createSubject()
    log.access(entry)
    expect(told()).toEqual([usual])
    expect(lines).toEqual([{ text: expect.stringMatching(/^[^\n]+\n$/), urgent: false }])
  })

  test('names the trace that it belongs to', () => {
    const { log, told } = createSubject()
    log.access({ ...entry, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' })
    expect(told()).toEqual([{ ...usual, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }])
  })

  test('marks a response that broke off', () => {
    const { log, told } = createSubject()
    log.access({ ...entry, cut: true })
    expect(told()).toEqual([{ ...usual, cut: true }])
  })

  test('is one line of valid JSON for any path, route, and principal', () => {
    const text = fc.string({
      unit: fc.oneof(fc.string({ unit: codePoint }), fc.constantFrom('\n', '"', '\\', '\u2028')),
    })
    const property = fc.property(
      text,
      text,
      text,
      fc.nat(),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      (...given) => {
        const [path, route, principal, bytes, durationMs] = given
        const { log, lines, told } = createSubject()
        log.access({ ...entry, path, route, principal, bytes, durationMs })
        expect(told()).toEqual([{ ...usual, path, route, principal, bytes, ms: Number(durationMs.toFixed(2)) }])
        expect(lines[0]?.text.indexOf('\n')).toBe((lines[0]?.text.length ?? 0) - 1)
      },
    )
    fc.assert(property, { numRuns: 500 })
  })

  test('carries the time of the moment it is written, whichever way the clock goes', () => {
    const { log, clock, told } = createSubject()
    for (const ms of [startMs, startMs, startMs + 1, startMs - 60_000]) {
      clock.ms = ms
      log.access(entry)
    }
    const times = [startMs, startMs, startMs + 1, startMs - 60_000].map((ms) => new Date(ms).toISOString())
    expect(told().map(({ time }) => time)).toEqual(times)
  })
})

describe('the level', () => {
  test.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['off', []],
  ] as const)('%s lets through %j', (level, through) => {
    const { log, told } = createSubject({ level })
    for (const each of logLevels) if (each !== 'off') log.note(each, 'said')
    expect(told().map(({ level }) => level)).toEqual(through)
  })

  test.each(logLevels)('%s decides on requests as on information, and on problems as on errors', (level) => {
    const { log, told } = createSubject({ level })
    log.access(entry)
    log.problem({ requestId: 'abc-1', method: 'GET', path: '/', error: new Error('broken') })
    const tells = (each: LogLevel) => logLevels.indexOf(level) <= logLevels.indexOf(each)
    expect(told().map(({ level }) => level)).toEqual((['info', 'error'] as const).filter(tells))
  })
})

test('a note carries its message and its fields, and only errors are urgent', () => {
  const { log, lines, told } = createSubject()
  log.note('warn', 'Half\nfull.', { share: 0.5 })
  log.note('error', 'Full.')
  const time = usual.time
  expect(told()).toEqual([
    { time, level: 'warn', message: 'Half\nfull.', share: 0.5 },
    { time, level: 'error', message: 'Full.' },
  ])
  expect(lines.map(({ urgent }) => urgent)).toEqual([false, true])
})

const asked = { requestId: 'abc-1', method: 'POST', path: '/api/todos' }

describe('a problem', () => {
  test('names its request and tells the stack with every cause', () => {
    const { log, told } = createSubject()
    const root = new Error('the disk is on fire')
    const error = new Error('no write', { cause: new TypeError('no file', { cause: root }) })
    log.problem({ ...asked, error })
    const stack = (message: string) => expect.stringContaining(message) as string
    expect(told()).toEqual([
      {
        time: usual.time,
        level: 'error',
        message: 'A request failed.',
        ...asked,
        error: {
          stack: stack('Error: no write'),
          cause: { stack: stack('TypeError: no file'), cause: { stack: stack('Error: the disk is on fire') } },
        },
      },
    ])
  })

  test('is logged even where an error is its own cause', () => {
    const { log, lines } = createSubject()
    const error = new Error('round and round')
    error.cause = error
    log.problem({ ...asked, error })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.text.length).toBeLessThan(20_000)
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  test.each<[string, unknown]>([
    ['a text', 'broken'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a large integer', 10n],
    ['a symbol', Symbol('broken')],
    ['a function', () => 1],
    ['an object without a prototype', Object.create(null)],
    ['an object in a circle', cyclic],
    ['an error whose cause is in a circle', new Error('broken', { cause: cyclic })],
    ['an error whose cause is a large integer', new Error('broken', { cause: 10n })],
  ])('is one line of valid JSON whatever is thrown: %s', (_, error) => {
    const { log, told } = createSubject()
    log.problem({ ...asked, error })
    expect(told()).toEqual([expect.objectContaining({ level: 'error', ...asked })])
  })
})

describe('errors of one code that come again and again', () => {
  const full = () => ({ ...asked, error: new AppError('storage_full') })

  test('are logged once a second, with the number of those that were not', () => {
    const { log, clock, told } = createSubject()
    for (let ms = 0; ms <= 3000; ms += 10) {
      clock.ms = startMs + ms
      log.problem(full())
    }
    expect(told().map(({ time, suppressed }) => [Date.parse(String(time)) - startMs, suppressed])).toEqual([
      [0, undefined],
      [1000, 99],
      [2000, 99],
      [3000, 99],
    ])
  })

  test('are counted apart from those of another code', () => {
    const { log, told } = createSubject()
    log.problem(full())
    log.problem({ ...asked, error: new AppError('storage_unavailable') })
    expect(told()).toHaveLength(2)
  })

  test('are all logged when they are further apart', () => {
    const { log, clock, told } = createSubject()
    for (let index = 0; index < 5; index += 1) {
      log.problem(full())
      clock.ms += 1000
    }
    expect(told().map(({ suppressed }) => suppressed)).toEqual(Array.from({ length: 5 }, () => undefined))
  })

  test('are logged again at once after the clock was set back', () => {
    const { log, clock, told } = createSubject()
    log.problem(full())
    clock.ms -= 3_600_000
    log.problem(full())
    expect(told()).toHaveLength(2)
  })

  test('do not hide bugs, each of which is logged', () => {
    const { log, told } = createSubject()
    for (let index = 0; index < 5; index += 1) log.problem({ ...asked, error: new Error('a bug') })
    expect(told()).toHaveLength(5)
  })
})

describe('for a person', () => {
  const plain = (lines: Line[]) => lines.map(({ text }) => text.replace(/\x1b\[\d+m/g, ''))

  test('a request is one line with its time, status, method, path, duration and size', () => {
    const { log, lines } = createSubject({ pretty: true })
    log.access(entry)
    log.access({ ...entry, method: 'DELETE', status: 503, cut: true })
    expect(plain(lines)).toEqual([
      '08:00:00.007 200 GET    /api/todos/x 1.2 ms  123 B\n',
      '08:00:00.007 503 DELETE /api/todos/x 1.2 ms  123 B  cut\n',
    ])
  })

  test.each([
    [200, 32],
    [304, 36],
    [404, 33],
    [500, 31],
  ])('a status of %d has the colour %d', (status, color) => {
    const { log, lines } = createSubject({ pretty: true })
    log.access({ ...entry, status })
    expect(lines[0]?.text).toContain(`\x1b[${color}m${status}\x1b[0m`)
  })

  test('a problem shows its fields on lines of their own', () => {
    const { log, lines } = createSubject({ pretty: true })
    log.note('warn', 'Half full.', { folder: '/data', share: 0.5 })
    expect(plain(lines)).toEqual(['08:00:00.007 warn Half full.\n    folder: /data\n    share: 0.5\n'])
  })
})
